"""One window of sound to tokens: greedy first, then at higher temperatures as long as the text looks wrong.

A text is wrong that repeats itself (it compresses too well) or that the model itself finds unlikely (Radford et al.
2022, 4.5). What is unlikely and comes with a chance of no speech is silence, and not tried again.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from sensorium.chat.tokenizer import Decodes
from sensorium.core.errors import EngineError, UsageError
from sensorium.models.whisper.grammar import Grammar
from sensorium.models.whisper.model import Heard
from sensorium.models.whisper.tokens import SpecialTokens
from sensorium.nn.cache import KVCache
from sensorium.weights.filling import all_finite


class Network(Protocol):
    """What decoding asks of a network (model.WhisperNetwork)."""

    @property
    def context(self) -> int:
        """Tokens that fit, the prompt included."""

    def hear(self, mel: Tensor) -> Heard:
        """Encode windows of sound [B, M, frames]."""

    def new_cache(self, batch: int) -> KVCache:
        """Room for the whole context."""

    def __call__(
        self, ids: Tensor, heard: Heard, *, cache: KVCache | None = None, looks: dict[int, list[Tensor]] | None = None
    ) -> Tensor:
        """Hidden states [B, T, D] of ids [B, T]; `looks` takes what they look at in the sound."""

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of the next token [..., V]."""


@dataclass(frozen=True)
class Guards:
    """Against invented text. A bound that is None does not act.

    temperatures: tried in this order until a text passes.
    compression: bytes of a text to bytes when packed, at most; more is the same over and over.
    log_prob: mean log-probability of a token, at least.
    no_speech: the chance of no speech above which an unlikely text is none.
    """

    temperatures: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    compression: float | None = 2.4
    log_prob: float | None = -1.0
    no_speech: float | None = 0.6

    def __post_init__(self) -> None:
        if not self.temperatures or not all(0.0 <= each <= 100.0 for each in self.temperatures):
            raise UsageError(
                f"temperatures are {list(self.temperatures)}; expected at least one, each 0 to 100. 0 takes the "
                "likeliest text."
            )


@dataclass(frozen=True)
class Decoded:
    """Tokens of a window since the prompt, without the end; what `Segment` says of the rest."""

    ids: tuple[int, ...]
    log_prob: float
    no_speech: float
    temperature: float

    def unlikely(self, guards: Guards) -> bool:
        """Whether the model itself does not believe it."""
        return guards.log_prob is not None and self.log_prob < guards.log_prob

    def silent(self, guards: Guards) -> bool:
        """Whether there is no speech: a good chance of none, and no likely text against it."""
        if guards.no_speech is None or self.no_speech <= guards.no_speech:
            return False
        return guards.log_prob is None or self.log_prob <= guards.log_prob


class Window(Protocol):
    """A window that can be decoded again and again."""

    def attempt(self, temperature: float) -> Decoded:
        """Decode once."""


class WindowDecoder:
    """A prompt after a window of sound, taken once, and answers to it."""

    def __init__(
        self,
        network: Network,
        heard: Heard,
        prompt: Sequence[int],
        *,
        tokens: SpecialTokens,
        grammar: Grammar,
        generator: torch.Generator,
        max_tokens: int | None = None,
    ) -> None:
        """Take the prompt.

        Args:
            network: any.
            heard: of one window.
            prompt: ids, the start among them.
            tokens: of the network.
            grammar: what may follow.
            generator: draws tokens at temperatures above 0.
            max_tokens: of an answer; None for half the context, as the original.

        Raises: EngineError for a prompt that does not fit, or scores that are no numbers.
        """
        self._network = network
        self._heard = heard
        self._tokens = tokens
        self._grammar = grammar
        self._generator = generator
        self._most = min(max_tokens or network.context // 2, network.context - len(prompt))
        self._cache = network.new_cache(1)
        hidden = self._take(prompt)
        self._prompted = self._cache.length
        logits = self._logits(hidden[:, [prompt.index(tokens.start), -1]])[0]  # [2, V]
        self.no_speech = float(logits[0].softmax(dim=-1)[tokens.no_speech])
        self._first = logits[1]

    def attempt(self, temperature: float) -> Decoded:
        """Decode once. Raises: EngineError for scores that are no numbers."""
        self._cache.truncate(self._prompted)
        ids: list[int] = []
        total, scores = 0.0, self._first.clone()
        while True:
            id_, log_prob = self._choose(self._grammar.restrict(scores, ids), temperature)
            total += log_prob
            if id_ == self._tokens.end:
                break
            ids.append(id_)
            if len(ids) >= self._most:
                break
            scores = self._logits(self._take([id_])[:, -1])[0]
        return Decoded(tuple(ids), total / (len(ids) + 1), self.no_speech, temperature)

    def _take(self, ids: Sequence[int]) -> Tensor:
        device = self._cache.layers[0].keys.device
        return self._network(torch.tensor([ids], device=device), self._heard, cache=self._cache)

    def _logits(self, hidden: Tensor) -> Tensor:
        return _finite(self._network.logits(hidden))

    def _choose(self, scores: Tensor, temperature: float) -> tuple[int, float]:
        """An id, and its log-probability at temperature 1 among what may follow. Inputs: scores: [V]."""
        log_probs = scores.log_softmax(dim=-1)
        if temperature == 0.0:
            chosen = int(log_probs.argmax())
        else:
            below = (log_probs - log_probs.max()).double()  # the likeliest is 0 at any temperature
            heated = (below / temperature).softmax(dim=-1).cpu()
            chosen = int(torch.multinomial(heated, 1, generator=self._generator))
        return chosen, float(log_probs[chosen])


def decode(window: Window, guards: Guards, *, tokens: SpecialTokens, tokenizer: Decodes) -> Decoded:
    """The first text that passes the guards, or the one at the last temperature."""
    found = window.attempt(guards.temperatures[0])
    for temperature in guards.temperatures[1:]:
        repeats = guards.compression is not None and _repeats(found, guards.compression, tokens, tokenizer)
        if found.silent(guards) or not (repeats or found.unlikely(guards)):
            break
        found = window.attempt(temperature)
    return found


def compression(text: str) -> float:
    """How many times smaller a text becomes by packing it."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def _repeats(found: Decoded, most: float, tokens: SpecialTokens, tokenizer: Decodes) -> bool:
    return compression(tokenizer.decode(tokens.text(found.ids)).strip()) > most


@torch.inference_mode()
def language_chances(network: Network, heard: Heard, tokens: SpecialTokens) -> dict[str, float]:
    """Chance of every language that the model knows, likeliest first; {"en": 1.0} of one that knows English alone.

    Raises: EngineError for scores that are no numbers.
    """
    if not tokens.languages:
        return {"en": 1.0}
    cache = network.new_cache(1)
    ids = torch.tensor([[tokens.start]], device=cache.layers[0].keys.device)
    logits = _finite(network.logits(network(ids, heard, cache=cache)[:, -1]))[0]
    chances = logits[list(tokens.languages.values())].softmax(dim=-1).tolist()
    return dict(sorted(zip(tokens.languages, chances, strict=True), key=lambda each: -each[1]))


def _finite(logits: Tensor) -> Tensor:
    """The scores in fp32. Raises: EngineError for some that are no numbers."""
    if not all_finite(logits):
        raise EngineError("Whisper: its scores are not finite numbers. Check the model's files, or load it as fp32.")
    return logits.float()
