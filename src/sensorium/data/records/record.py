"""A record: one sample of a user's file as a talk whose media are named, not read; and what is wrong with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sensorium.chat.message import Role, Text
from sensorium.media.types import Modality

Kind = Literal[
    "unreadable",
    "order",
    "empty",
    "placeholders",
    "missing",
    "corrupt",
    "unsupported",
    "oversize",
    "long",
    "leak",
    "alike",
    "duplicate",
    "unplaced",
]
"""What can be wrong, worst first."""

HARMLESS: frozenset[Kind] = frozenset({"alike", "duplicate", "unplaced"})
"""What is worth a look, but may be meant."""

TRAINED: frozenset[Kind] = HARMLESS | {"leak"}
"""What keeps no record out of training."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and what to do about it."""

    kind: Kind
    what: str
    advice: str


@dataclass(frozen=True)
class Extent:
    """Bytes inside a larger file: `size` of them from `offset` on."""

    file: Path
    offset: int
    size: int


@dataclass(frozen=True)
class Reference:
    """A medium that a record names.

    source: a path or data URI as written, the bytes themselves, or their place in an archive.
    modality: what the record calls it, None where it does not say.
    """

    source: str | bytes | Extent
    modality: Modality | None = None


@dataclass(frozen=True)
class Draft:
    """A message whose media have not been read."""

    role: Role
    parts: tuple[Text | Reference, ...]

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def references(self) -> tuple[Reference, ...]:
        """The media in order."""
        return tuple(part for part in self.parts if isinstance(part, Reference))


@dataclass(frozen=True)
class Record:
    """One sample.

    number: among the records of its file, from 0. source: where it stands, for messages ("train.json, record 3").
    split: what the file says it belongs to ("train"), empty where it does not say.
    faults: what the reader found; with one that is not in `TRAINED` it is not to be learnt from.
    """

    number: int
    source: str
    messages: tuple[Draft, ...]
    split: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def references(self) -> tuple[Reference, ...]:
        """The media of all messages in order."""
        return tuple(reference for message in self.messages for reference in message.references)

    @property
    def usable(self) -> bool:
        """Whether it can be learnt from, as far as the reader can tell."""
        return all(fault.kind in TRAINED for fault in self.faults)
