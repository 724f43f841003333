"""What all formats of talks share: roles, placeholders in texts, and columns that name media."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sensorium.chat.message import Role, Text
from sensorium.chat.tokenizer import check_text
from sensorium.core.errors import InputError, UnreadableMedia
from sensorium.data.records.record import Draft, Fault, Reference
from sensorium.data.records.rows import Values
from sensorium.media.types import Modality

Named = Literal["image", "video", "audio"]
MODALITIES: tuple[Named, ...] = ("image", "video", "audio")

_ROLES: dict[str, Role] = {
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatgpt"), "assistant"),
    "system": "system",
}
_MARK = re.compile(r"[ \t]*\n?<(image|video|audio)>\n?")
"""A placeholder in a text, with the line ends that only set it apart."""


@dataclass(frozen=True)
class Slot:
    """A placeholder: the next medium of that modality goes here."""

    modality: Named


Piece = Text | Reference | Slot
Said = tuple[Role, Sequence[Piece]]


class Misread(InputError):
    """A row that is not what its format says; what is wrong, and what to do."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}. {advice}")
        self.fault = Fault("unreadable", what, advice)


def role(said: object) -> Role:
    """Raises: Misread for a role that is none of ours."""
    found = _ROLES.get(said.casefold()) if isinstance(said, str) else None
    if found is None:
        raise Misread(
            f"a message of {said!r}, expected one of user, assistant, system or their usual other names",
            "Leave such messages out; calls of tools are not learnt.",
        )
    return found


def pieces(text: object) -> Iterator[Piece]:
    """A text with its placeholders. Raises: Misread when it is no text, or holds half a character."""
    if not isinstance(text, str):
        raise Misread(f"got {type(text).__name__} for the text of a message, expected text", "Write it as a string.")
    try:
        check_text(text)
    except UnreadableMedia as error:
        raise Misread("a text holds half a character", "Write it in UTF-8.") from error
    at = 0
    for mark in _MARK.finditer(text):
        if text[at : mark.start()].strip():
            yield Text(text[at : mark.start()])
        yield Slot(mark[1])  # type: ignore[arg-type]  # one of the pattern's own three
        at = mark.end()
    if text[at:].strip():
        yield Text(text[at:])


def reference(value: object, modality: Modality | None) -> Reference:
    """A medium by path, data URI or bytes; also as the tables that parquet files hold. Raises: Misread."""
    match value:
        case str() if value:
            return Reference(value, modality)
        case bytes() if value:
            return Reference(value, modality)
        case {"bytes": bytes(data)} if data:
            return Reference(data, modality)
        case {"path": str(path)} if path:
            return Reference(path, modality)
    shown = repr(value)
    raise Misread(
        f"{shown if len(shown) < 60 else shown[:57] + '...'} for a medium of type {modality or 'any'}, expected a path",
        "Name a file.",
    )


def named_media(values: Values) -> dict[Named, list[Reference]]:
    """The media that columns of a row name ("image", "images" …). Raises: Misread."""
    media: dict[Named, list[Reference]] = {}
    for modality in MODALITIES:
        for column in (modality, f"{modality}s"):
            given = values.get(column)
            listed = given if isinstance(given, list) else [] if given is None or given == "" else [given]
            media.setdefault(modality, []).extend(reference(each, modality) for each in listed)
    return media


def fill(said: Sequence[Said], media: dict[Named, list[Reference]]) -> tuple[tuple[Draft, ...], tuple[Fault, ...]]:
    """Messages with media in their places, and what does not fit.

    Where no placeholder stands at all, the media of a modality go before the first question, as ms-swift does it.
    """
    faults: list[Fault] = []
    slots = [piece for _, parts in said for piece in parts if isinstance(piece, Slot)]
    ahead: list[Reference] = []
    for modality in MODALITIES:
        wanted, given = sum(slot.modality == modality for slot in slots), len(media.get(modality, ()))
        if wanted == given:
            continue
        if wanted:
            what = f"{_count(wanted, f'placeholder <{modality}>')} for {_count(given, modality)}"
            faults.append(Fault("placeholders", what, "Give every medium one place."))
        else:
            ahead += media[modality]
            what = f"{_count(given, modality)} without a place in the text"
            faults.append(Fault("unplaced", what, f"Put <{modality}> where it is shown, or leave it before the text."))
    waiting = {modality: iter(media.get(modality, ())) for modality in MODALITIES}
    drafts = []
    for speaker, parts in said:
        first = tuple(ahead) if speaker == "user" else ()
        ahead = [] if speaker == "user" else ahead
        drafts.append(Draft(speaker, first + tuple(_filled(parts, waiting))))
    return tuple(drafts), (*faults, *_order(drafts))


def _filled(parts: Iterable[Piece], waiting: dict[Named, Iterator[Reference]]) -> Iterator[Text | Reference]:
    for part in parts:
        if isinstance(part, Slot):
            found = next(waiting[part.modality], None)
            if found is not None:
                yield found
        else:
            yield part


def _order(drafts: Sequence[Draft]) -> Iterator[Fault]:
    """Whether a question is answered each time, and nobody says nothing."""
    roles = [draft.role for draft in drafts]
    talk = roles[1:] if roles[:1] == ["system"] else roles
    if not talk or talk != ["user", "assistant"] * (len(talk) // 2):
        yield Fault(
            "order",
            f"messages of {', '.join(roles) or 'nobody'}",
            "Let user and assistant take turns, the assistant last; before them at most one system message.",
        )
    for number, draft in enumerate(drafts, 1):
        if draft.role == "assistant" and not draft.text.strip():
            yield Fault("empty", f"message {number}, an answer, is empty", "Write the answer, or leave the record out.")
        elif not draft.parts:
            yield Fault("empty", f"message {number} is empty", "Write what is said, or leave it out.")
        elif draft.role == "assistant" and draft.references:
            yield Fault("placeholders", f"message {number}, an answer, has media", "Let the question show them.")


def _count(number: int, what: str) -> str:
    """How many of it; a placeholder's own name stands last."""
    word, space, rest = what.partition(" ")
    plural = "" if number == 1 or word == "audio" else "s"
    return f"{number} {word}{plural}{space}{rest}"
