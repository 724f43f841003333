"""What a family gives so that it can be asked: a network, how talks become its inputs, and where its answers end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from sensorium.chat.message import Message
from sensorium.chat.places import Place
from sensorium.chat.tokenizer import Decodes
from sensorium.inputs.batching import Item, Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Media
from sensorium.nn.cache import KVCache


class Network(Protocol):
    """What the engine asks of a model (engine/generate.py), and the rows of its media."""

    def named_children(self) -> Iterator[tuple[str, nn.Module]]:
        """Its parts by name, as of any `torch.nn.Module`."""

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made."""

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences."""

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each. Returns: scores of the next [B, V]."""


class Assembles(Protocol):
    """Turns talks into inputs; inputs/assemble.py is the one of `nano`."""

    def talk(self, messages: Sequence[Message], *, ask: bool) -> Talk:
        """Ids and features of one talk; `ask` ends it with the invitation to answer."""

    def batch(self, talks: Sequence[Talk], *, left: bool = False) -> ModelInputs:
        """Pad talks to one length, on the left for generation."""


class FindsPlaces(Protocol):
    """Reads boxes, points and moments out of an answer."""

    def __call__(self, text: str, medium: Media, item: Item) -> Sequence[Place]:
        """Places in an answer about a medium, of which `item` was made: in the medium's own pixels and seconds."""


@dataclass(frozen=True, eq=False)
class Answerer:
    """A model that answers in words.

    stops: ids that end an answer. banned: ids that no answer may hold.
    max_tokens: of a whole talk, media rows and answers included.
    longest_sound: seconds of sound that it hears, 0 for a model that hears none.
    places: None for a model whose answers name none.
    """

    network: Network
    assembler: Assembles
    tokenizer: Decodes
    stops: frozenset[int]
    banned: tuple[int, ...]
    max_tokens: int
    longest_sound: float = 0.0
    places: FindsPlaces | None = None
