"""Text files."""

import pytest

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.media.limits import Limits
from sensorium.media.text import read_text


def read(data: bytes) -> str:
    return read_text(data, "a.txt", Limits()).text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_in_its_encodings(encoding: str) -> None:
    assert read("Grüße 你好 😀".encode(encoding)) == "Grüße 你好 😀"


def test_big_endian_with_a_mark() -> None:
    assert read(b"\xfe\xff" + "你".encode("utf-16-be")) == "你"


def test_line_ends_become_newlines() -> None:
    assert read("a\r\nb\rc\x0cd\u2028e".encode()) == "a\nb\nc\nd\ne"


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u200b", "\u202e", "\u2066", "\ufeff", "\U000e0041", "\u3164"])
def test_what_cannot_be_seen_goes(hidden: str) -> None:
    document = read_text(f"a{hidden}b".encode(), "a.txt", Limits())
    assert document.text == "ab"
    assert document.notices == ("a.txt: 1 invisible or control characters were taken out.",)


@pytest.mark.parametrize(
    "kept", ["👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "می\u200cخواهم", "क\u094d\u200dष", "tab\there"]
)
def test_what_holds_writing_together_stays(kept: str) -> None:
    assert read(kept.encode()) == kept


def test_a_long_run_of_joiners_goes() -> None:
    assert len(read(("我" + "\u200d" * 100_000 + "们").encode())) <= 5


def test_bounded() -> None:
    limits = Limits(text_characters=1000)
    assert len(read_text("😀".encode("utf-8-sig") * 1 + "😀".encode() * 999, "a.txt", limits).text) == 1000
    for data in (b"x" * 1001, "😀".encode() * 1001, b"x" * 5000):
        with pytest.raises(LimitExceeded, match=f"{len(data)} bytes of text; at most 1000 characters"):
            read_text(data, "a.txt", limits)


def test_another_encoding() -> None:
    with pytest.raises(UnreadableMedia, match=r"a\.txt: byte 1 is not valid UTF-8; expected text in UTF-8\. Save"):
        read(b"a\xe9b")
