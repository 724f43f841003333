"""What training asks of a network and of its assembler."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from sensorium.chat.message import Message
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs, TrainingInputs
from sensorium.language.decoder import Decoder
from sensorium.models.answerer import Network


class Learner(Network, Protocol):
    """A network that can be trained: hidden states of whole talks, and the decoder that makes logits of them."""

    language: Decoder

    def __call__(self, inputs: ModelInputs) -> Tensor:
        """Hidden states. Returns: [B, T, D]."""


def scores(network: Learner, hidden: Tensor) -> Tensor:
    """Logits of hidden states [..., D]: the decoder's, or the network's own where it joins several answers."""
    logits = getattr(network, "logits", network.language.logits)
    found: Tensor = logits(hidden)
    return found


class Teaches(Protocol):
    """Talks to learn from; inputs/assemble.py makes those of `nano`, training/talks.py those of all others."""

    def talk(self, messages: Sequence[Message], *, ask: bool, weights: Sequence[float] = ()) -> Talk:
        """Ids, features and weights of one talk; `weights` are those of the answers, in order, else 1."""

    def training_batch(self, talks: Sequence[Talk]) -> TrainingInputs:
        """A right-padded batch with the weight of every token."""
