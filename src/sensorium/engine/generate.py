"""The token loop: a batch of prompts in, token events out, step by step.

Knows ids, caches and the `TokenModel` it needs; no files, no text, no protocol. The third narrow waist is the
`TokenEvent`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from sensorium.core.errors import EngineError
from sensorium.engine.choosing import Chooser
from sensorium.engine.grammar import Guide
from sensorium.engine.sampling import Sampling, likeliest
from sensorium.inputs.carrier import ModelInputs
from sensorium.nn.cache import KVCache
from sensorium.weights.filling import all_finite


class TokenModel(Protocol):
    """What the engine asks of a model."""

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences."""

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts, left-padded. Returns: scores of the next token [B, V]."""

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each.

        Inputs: ids: [B]; positions: [B], or [B, A] for several axes; present: [B, tokens so far and these].
        Returns: scores of the next [B, V].
        """


Finish = Literal["stop", "length"]
"""Why an answer ended: a stop token or a stop string, or as many tokens as were asked for."""


@dataclass(frozen=True)
class TokenEvent:
    """A token of one sequence. `finish` is set on its last one; a stop token ends a sequence and is an event too.

    text: what the token adds to the answer, where whoever makes events knows the words.
    top: ids and log-probabilities of the likeliest tokens in its place, where they were asked for.
    answer: which of several answers to one prompt it belongs to.
    """

    id: int
    log_prob: float
    finish: Finish | None = None
    text: str = ""
    top: tuple[tuple[int, float], ...] = ()
    answer: int = 0


@torch.inference_mode()
def generate(
    model: TokenModel,
    inputs: ModelInputs,
    sampling: Sampling,
    *,
    stops: Collection[int],
    banned: Sequence[int] = (),
    cache: KVCache | None = None,
    guide: Guide | None = None,
) -> Iterator[list[TokenEvent | None]]:
    """Yield the next event of every sequence, None for those that have ended, until all have.

    Args:
        model: any.
        inputs: prompts, left-padded; with a `cache`, what comes after the tokens in it.
        sampling: how tokens are chosen.
        stops: tokens that end a sequence.
        banned: tokens that are never chosen; log-probabilities are among the others.
        cache: of an earlier call, with room for the prompt and all new tokens; a fresh one without it.
        guide: which tokens the form of the answer allows, for a batch of one.

    Raises: EngineError when a model's scores are not finite; LimitExceeded when an answer ends without its form.
    """
    batch, length = inputs.ids.shape
    cache = cache or model.new_cache(batch, length + sampling.max_tokens)
    chooser = Chooser(sampling, guide)
    logits = model.prefill(inputs, cache)
    positions = furthest(inputs.positions)
    present = inputs.present
    unwritten = torch.tensor(banned, dtype=torch.int64, device=logits.device)
    told = sampling.top_log_probs
    running = [True] * batch
    for count in range(1, sampling.max_tokens + 1):
        check_finite(logits)
        logits = chooser.allowed(logits.index_fill(1, unwritten, -torch.inf))
        ids, log_probs = chooser.choose(logits)
        events: list[TokenEvent | None] = []
        for row, (id_, log_prob) in enumerate(zip(ids.tolist(), log_probs.tolist(), strict=True)):
            finish: Finish | None = "stop" if id_ in stops else None
            if finish is None and count == sampling.max_tokens:
                finish = "length"
            top = likeliest(logits[row], told) if told else ()
            events.append(TokenEvent(id_, log_prob, finish, top=top) if running[row] else None)
            running[row] = running[row] and finish is None
        if not any(running):
            chooser.check_whole()
        yield events
        if not any(running):
            return
        positions = positions + 1
        if present is not None:
            present = torch.nn.functional.pad(present, (0, 1), value=True)
        logits = model.decode(ids, positions, present, cache)


def check_finite(numbers: Tensor) -> None:
    """Raises: EngineError when scores, or rows that lead to them, are not finite."""
    if not all_finite(numbers):
        raise EngineError("The model's scores are not finite numbers. Check the model's files (sensorium doctor).")


def furthest(positions: Tensor) -> Tensor:
    """Where prompts have got to: the largest position on any axis, which a picture's last row has on one alone.

    Inputs: positions: [B, T] or [B, T, A]. Returns: [B] or [B, A], the same on all axes.
    """
    furthest = positions.flatten(1).amax(dim=1)
    return furthest if positions.dim() == 2 else furthest.unsqueeze(1).expand(-1, positions.shape[2])
