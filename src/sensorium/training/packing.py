"""Talks side by side in rows of one length, so that little is computed for padding; none sees another.

    row 0    talk 3  talk 3  talk 3  talk 3  talk 0  talk 0
    row 1    talk 1  talk 1  talk 1  talk 2  talk 2  ·

Each has the positions that it has alone. Media are rows among the tokens by then: talks with media are packed as all
others are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sensorium.core.errors import ConfigError
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.early import EarlyFusion
from sensorium.models.text.model import TextModel
from sensorium.training.learner import Learner


@dataclass(frozen=True)
class Packing:
    """Which talks of a batch share a row.

    lengths: of the talks, in tokens. rows: numbers of talks.
    """

    lengths: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]

    def states(self, network: Learner, inputs: ModelInputs) -> Tensor:
        """What the network gives for a right-padded batch of these talks, but for padding, which gets zeros.

        Returns: [B, T, D].

        Raises: ConfigError for a network that is more than a decoder with media among the tokens.
        """
        if not isinstance(network, EarlyFusion | TextModel) or getattr(network, "groups", None) is not None:
            raise ConfigError(
                f"recipe: optimiser.pack is for models whose tokens look back alone, with media among them; got a "
                f"{type(network).__name__} that computes in another way. Leave pack out."
            )
        embeds = network.embed(inputs)  # [B, T, D]
        places, texts = (each.to(embeds.device) for each in self._grid(embeds.shape[1]))  # [rows, L]
        packed = embeds.flatten(0, 1)[places]  # [rows, L, D]
        hidden = network.language(packed, inputs.positions.flatten(0, 1)[places], texts=texts)
        told = texts < len(self.lengths)
        states = hidden.new_zeros(embeds.shape).flatten(0, 1)  # [B T, D]
        return states.index_copy(0, places[told], hidden[told]).view_as(embeds)

    def _grid(self, longest: int) -> tuple[Tensor, Tensor]:
        """Of each token in the rows its place in the batch [B T], and the number of its talk, padding's a further one.

        Args: longest: T of the batch. Returns: both [rows, L].
        """
        width = max(sum(self.lengths[number] for number in row) for row in self.rows)
        places = torch.zeros(len(self.rows), width, dtype=torch.int64)
        texts = torch.full_like(places, len(self.lengths))
        for number, row in enumerate(self.rows):
            at = 0
            for talk in row:
                end = at + self.lengths[talk]
                places[number, at:end] = talk * longest + torch.arange(end - at)
                texts[number, at:end] = talk
                at = end
        return places, texts


def pack(talks: Sequence[Talk], room: int | None) -> Packing | None:
    """Put talks into rows, the longest first, each into the first row that has room for it.

    Args:
        talks: of a batch, at least one.
        room: tokens in a row; a talk that is longer has a row of its own. None: talks are not packed.
    """
    if room is None:
        return None
    lengths = tuple(len(talk.ids) for talk in talks)
    rows: list[list[int]] = []
    left: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        row = next((row for row, space in enumerate(left) if space >= lengths[number]), len(rows))
        if row == len(rows):
            rows.append([])
            left.append(room)
        rows[row].append(number)
        left[row] -= lengths[number]
    return Packing(lengths, tuple(map(tuple, rows)))
