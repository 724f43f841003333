"""What repeats what, from hashes alone."""

from sensorium.chat.message import Text
from sensorium.data.doctor.examine import Examined
from sensorium.data.doctor.repeats import Trace, repeats, trace
from sensorium.data.records.record import Draft, Record


def one(number: int, split: str, *media: int, asked: str = "What?", answer: str = "a") -> Trace:
    talk = (Draft("user", (Text(asked),)), Draft("assistant", (Text(answer),)))
    return trace(Record(number, f"record {number}", talk), split, media)


def found(*traces: Trace, looks: tuple[int | None, ...] = (None, None, None)) -> list[tuple[int, str]]:
    media = [Examined(bytes([number + 1]), None, look) for number, look in enumerate(looks)]
    return [(each.number, each.fault.kind) for each in repeats(traces, media)]


def test_duplicates_of_one_split() -> None:
    assert found(one(0, "", 0), one(1, "", 1), one(2, "", 0), one(3, "", 0, answer="b")) == [(2, "duplicate")]
    assert found(one(0, ""), one(1, "", asked=" What? ")) == [(1, "duplicate")]


def test_leaks_across_splits() -> None:
    assert found(one(0, "train", 0), one(1, "test", 0, asked="And?")) == [(1, "leak")]
    assert found(one(0, "train"), one(1, "test", asked="And?")) == []  # "yes" to two questions is no leak
    assert found(one(0, "train"), one(1, "test")) == [(1, "leak")]


def test_media_of_two_splits() -> None:
    assert found(one(0, "train", 0), one(1, "test", 0, answer="b")) == [(1, "alike")]
    assert found(one(0, "train", 0), one(1, "train", 0, answer="b")) == []


def test_looks_that_are_near() -> None:
    look = 0x0123456789ABCDEF0123456789ABCDEF
    spread = sum(1 << 16 * band + 3 for band in range(7))  # seven bits, each in a band of its own
    pair = one(0, "train", 0), one(1, "test", 1, answer="b")
    assert found(*pair, looks=(look, look ^ spread)) == [(1, "alike")]
    assert found(*pair, looks=(look, look ^ spread ^ 1 << 127)) == []
    assert found(*pair, looks=(look, None)) == []
    assert found(pair[0], one(1, "train", 1, answer="b"), looks=(look, look)) == []


def test_media_that_cannot_be_read_repeat_nothing() -> None:
    media = [Examined(), Examined()]
    assert list(repeats([one(0, "", 0), one(1, "", 1)], media)) == []
