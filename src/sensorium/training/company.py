"""Keeps processes in step where a decoder's blocks are held in pieces.

A block is put together by all processes at once, whoever needs it. But what a process computes depends on its samples:
one has three parts to learn from, another two, and a third looks at a text without media. So before each pass through
a decoder, and at the end of what it does, a process says how far it is; those that are ahead go along with those that
are behind, with a pass over one empty token that counts for nothing. All then make the same passes in the same order.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sensorium.language.decoder import Decoder
from sensorium.training.processes import Processes

DONE, READY = 0, 1
"""How far a process is: it has nothing left to do; it is through all that it does forward, and could go backward."""

_PASS = 2
"""It makes a pass through the first decoder; the next numbers stand for the next decoders."""


class Company:
    """The processes' passes through some decoders.

    Attributes:
        extras: what passes made for others gave, [1, 1, D] each, since it was emptied last.
    """

    def __init__(self, processes: Processes, decoders: Sequence[Decoder]) -> None:
        """From now on, no process makes a pass through one of these decoders alone."""
        self.extras: list[Tensor] = []
        self._processes = processes
        self._decoders = decoders
        self._empty = [_Empty(decoder.width) for decoder in decoders]
        self._going_along = False
        for decoder in decoders:
            decoder.register_forward_pre_hook(self._before, with_kwargs=True)

    def keep(self, mine: int) -> int:
        """Go along with others until they are as far as this process. Returns: how far the last one is then."""
        while (last := self._processes.highest(mine)) > max(mine, READY):
            self._go_along(last - _PASS)
        return last

    def _go_along(self, number: int) -> None:
        self._going_along = True
        try:
            self.extras.append(self._empty[number].through(self._decoders[number]))
        finally:
            self._going_along = False

    def _before(self, decoder: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Before a pass. What goes in then needs gradients, so that all go back through the blocks if one does."""
        embeds, positions, *others = args
        if not self._going_along:
            number = next(place for place, each in enumerate(self._decoders) if each is decoder)
            self.keep(_PASS + number)
            self._empty[number].note(embeds, positions)
        if torch.is_grad_enabled() and not embeds.requires_grad:
            embeds = embeds.detach().requires_grad_()
        return (embeds, positions, *others), kwargs


class _Empty:
    """One token without content, of the form that a decoder was given last."""

    def __init__(self, width: int) -> None:
        self._embeds = torch.zeros(1, 1, width)
        self._positions = torch.zeros(1, 1, dtype=torch.int64)
        self._learns = True

    def note(self, embeds: Tensor, positions: Tensor) -> None:
        """Keep the form of what goes in: embeds [B, T, D], positions [B, T] or [B, T, A]."""
        self._embeds = torch.zeros_like(embeds[:1, :1])
        self._positions = torch.zeros_like(positions[:1, :1])
        self._learns = torch.is_grad_enabled()

    def through(self, decoder: Decoder) -> Tensor:
        """A pass, with gradients if those before had them. Returns: [1, 1, D]."""
        device = decoder.embedding.weight.device
        with torch.set_grad_enabled(self._learns and torch.is_grad_enabled()):
            found: Tensor = decoder(self._embeds.to(device), self._positions.to(device))
        return found
