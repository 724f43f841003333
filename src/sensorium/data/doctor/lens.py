"""The eyes of a model: what the doctor needs to know how a model sees a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sensorium.chat.message import Message
from sensorium.chat.tokenizer import Decodes

if TYPE_CHECKING:  # a check without a model needs no torch
    from sensorium.inputs.batching import Talk


class Assembles(Protocol):
    """Turns talks into ids and features."""

    def talk(self, messages: Sequence[Message], *, ask: bool) -> "Talk":
        """Ids and features of one talk; `ask` ends it with the invitation to answer."""


@dataclass(frozen=True, eq=False)
class Lens:
    """How a model called `name` sees; `max_tokens` of a talk, feature rows included."""

    name: str
    assembler: Assembles
    tokenizer: Decodes
    max_tokens: int
