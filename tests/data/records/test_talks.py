"""Media go where the placeholders are, and what does not agree is told."""

import pytest

from sensorium.chat.message import Text
from sensorium.data.records.record import Kind, Reference
from sensorium.data.records.talks import Misread, Named, Said, Slot, fill, named_media, pieces, reference, role


def image(name: str) -> Reference:
    return Reference(name, "image")


def asked(text: str) -> Said:
    return "user", tuple(pieces(text))


ANSWER: Said = ("assistant", (Text("a boot"),))


def test_a_text_is_cut_at_placeholders() -> None:
    assert list(pieces("<image>\nWhat?")) == [Slot("image"), Text("What?")]
    assert list(pieces("A <image> and\n<video>\n<audio>")) == [
        *(Text("A"), Slot("image"), Text(" and"), Slot("video"), Slot("audio"))
    ]
    assert list(pieces("<images> a<b")) == [Text("<images> a<b")]


def test_media_in_their_places() -> None:
    drafts, faults = fill([asked("<image>and<image>?"), ANSWER], {"image": [image("a"), image("b")]})
    assert faults == ()
    assert drafts[0].parts == (image("a"), Text("and"), image("b"), Text("?"))


def test_without_placeholders_media_stand_first() -> None:
    said: list[Said] = [("system", (Text("Be short."),)), asked("What?"), ANSWER]
    drafts, faults = fill(said, {"image": [image("a")]})
    assert drafts[1].parts == (image("a"), Text("What?"))
    assert [fault.kind for fault in faults] == ["unplaced"]
    assert faults[0].what == "1 image without a place in the text"


@pytest.mark.parametrize(
    ("text", "media", "what"),
    [
        ("<image><image>?", 1, "2 placeholders <image> for 1 image"),
        ("<image>?", 0, "1 placeholder <image> for 0 images"),
        ("<image>?", 2, "1 placeholder <image> for 2 images"),
    ],
)
def test_counts_that_disagree(text: str, media: int, what: str) -> None:
    _, faults = fill([asked(text), ANSWER], {"image": [image(str(number)) for number in range(media)]})
    assert ("placeholders", what) in [(fault.kind, fault.what) for fault in faults]


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ([asked("What?")], ["order"]),
        ([], ["order"]),
        ([asked("What?"), asked("What?"), ANSWER], ["order"]),
        ([ANSWER], ["order"]),
        ([asked("What?"), ("assistant", (Text(" \n"),))], ["empty"]),
        ([asked(""), ANSWER], ["empty"]),
        ([asked("What?"), ("assistant", (image("a"), Text("here")))], ["placeholders"]),
    ],
)
def test_talks_that_teach_nothing(said: list[Said], kinds: list[Kind]) -> None:
    _, faults = fill(said, {})
    assert [fault.kind for fault in faults] == kinds


def test_roles_by_their_usual_names() -> None:
    assert [role(each) for each in ("human", "USER", "gpt", "system")] == ["user", "user", "assistant", "system"]
    with pytest.raises(Misread, match="a message of 'tool', expected one of user"):
        role("tool")


def test_media_by_column() -> None:
    row = {"image": "a.png", "images": ["b.png", {"path": None, "bytes": b"x"}], "videos": [], "audio": ""}
    expected: dict[Named, list[Reference]] = {
        "image": [image("a.png"), image("b.png"), Reference(b"x", "image")],
        "video": [],
        "audio": [],
    }
    assert named_media(row) == expected
    with pytest.raises(Misread, match="7 for a medium of type image, expected a path"):
        reference(7, "image")


@pytest.mark.parametrize("text", [7, None, "half \ud800"])
def test_texts_that_are_none(text: object) -> None:
    with pytest.raises(Misread, match=r"expected text|half a character"):
        list(pieces(text))
