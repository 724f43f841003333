"""Sound of any length to segments of text, as they are heard.

Windows of 30 s move on by the last timestamp, each told what was said before it (Radford et al. 2022, 3.8 and 4.5).
Against invented text there are, beside the guards of decode.py: a window without any sound is not decoded, nor is what
little is left at the end; what is said after the end of the sound is dropped, and times end where the sound does.

The mel of a window is cut off under the loudest so far, where the reference looks at the whole file; the silence behind
the end is silence, where the reference, for files over 30 s, puts a middling loudness.
"""

import math
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field

import torch

from sensorium.chat.tokenizer import Decodes
from sensorium.inputs.mel import HOP, MelSpec, log_mel
from sensorium.media.types import SAMPLE_RATE, AudioClip
from sensorium.models.speech.sound import Progress, Samples, Sound, SoundStream, silent, unwatched
from sensorium.models.speech.transcript import Segment, Transcription
from sensorium.models.whisper.alignment import align
from sensorium.models.whisper.decode import Decoded, Guards, Network, WindowDecoder, decode, language_chances
from sensorium.models.whisper.grammar import Grammar
from sensorium.models.whisper.model import Heard
from sensorium.models.whisper.segments import Cut, Slice, cut
from sensorium.models.whisper.tokens import TICK, SpecialTokens, Task
from sensorium.models.whisper.words import Spoken, finished, median_seconds, settle, split_words, spread, timed_words

LEAST = 0.1
"""Seconds: less of a sound has no words in it, and a window moves on by no less."""

_FORGETFUL = 0.5  # above this temperature a text is not worth going on from


@dataclass(frozen=True, eq=False)
class Whisper:
    """A Whisper ready to listen. `median`: see alignment.align."""

    network: Network
    tokenizer: Decodes
    tokens: SpecialTokens
    mel: MelSpec
    median: int = 7


@dataclass(frozen=True)
class Options:
    """How to listen.

    condition: tell each window what was said before it; without, a text is less consistent, but no mistake lives on.
    seed: of what is drawn at temperatures above 0.
    max_tokens: of a window; None for half the context of the network, as the original.
    """

    guards: Guards = field(default_factory=Guards)
    condition: bool = True
    seed: int = 0
    max_tokens: int | None = None


def transcribe(
    model: Whisper,
    sound: Sound,
    *,
    language: str | None = None,
    task: Task = "transcribe",
    word_times: bool = False,
    progress: Progress | None = None,
    options: Options | None = None,
) -> Transcription:
    """Write down what is said.

    Args:
        model: any.
        sound: a clip of any length, a file or pieces of one; no more than a window of the last two is held in memory.
        language: a code or an English name; None to find it out from the first window that is not silent.
        task: "translate" writes English, whatever is spoken.
        word_times: find out when each word was said; of a translation they are not reliable.
        progress: called before every window, and at the end.
        options: how to listen.

    Returns: the segments, each made when it is asked for.

    Raises: UsageError for a language or task that the model does not have; while segments are made UnreadableMedia for
    a sound without samples or with some that are no numbers, and EngineError for a broken model.
    """
    task = model.tokens.check_task(task)
    code = None if language is None else model.tokens.language(language)
    listening = _Listening(
        model,
        sound,
        code,
        task,
        word_times=word_times,
        progress=progress or unwatched,
        options=options or Options(),
    )
    return Transcription(listening)


def detect_language(model: Whisper, clip: AudioClip) -> dict[str, float]:
    """Chance of every language for what is spoken in the first window, likeliest first.

    Raises: UnreadableMedia, EngineError as `transcribe`.
    """
    samples = SoundStream(clip).look(model.mel.samples)
    with torch.inference_mode():
        heard = model.network.hear(log_mel(samples, model.mel)[0].unsqueeze(0))
    return language_chances(model.network, heard, model.tokens)


class _Listening:
    """A Whisper on its way through a sound; `transcribe` checks what is asked for."""

    def __init__(
        self,
        model: Whisper,
        sound: Sound,
        language: str | None,
        task: Task,
        *,
        word_times: bool,
        progress: Progress,
        options: Options,
    ) -> None:
        self.language = language
        self._model = model
        self._sound = SoundStream(sound)
        self._task: Task = task
        self._word_times = word_times
        self._progress = progress
        self._options = options
        self._generator = torch.Generator().manual_seed(options.seed)
        self._grammar = Grammar(model.tokens, timestamps=True)
        self._loudest = -math.inf
        self._said: list[int] = []
        self._spoken_until = 0.0

    @property
    def seconds(self) -> float:
        return self._sound.seconds

    @property
    def notices(self) -> tuple[str, ...]:
        return self._sound.notices

    def segments(self) -> Generator[Segment, None, None]:
        with closing(self._sound):
            while len(samples := self._sound.look(self._model.mel.samples)):
                self._progress(self.seconds, self._sound.seconds_in_all)
                if len(samples) < LEAST * SAMPLE_RATE or silent(samples):
                    self._sound.skip(len(samples))
                    continue
                segments, moved = self._window(samples)
                self._sound.skip(moved)
                yield from segments
            self._progress(self.seconds, self._sound.seconds_in_all)

    @torch.inference_mode()
    def _window(self, samples: Samples) -> tuple[list[Segment], int]:
        """The segments of a window, and how many samples to go on by."""
        model = self._model
        mel, self._loudest = log_mel(samples, model.mel, loudest=self._loudest)
        heard = model.network.hear(mel.unsqueeze(0))
        if self.language is None:
            self.language = next(iter(language_chances(model.network, heard, model.tokens)))
        found = self._decode(heard)
        if found.silent(self._options.guards):
            return [], len(samples)
        seconds = len(samples) / SAMPLE_RATE
        made = cut(found.ids, model.tokens, seconds)
        spoken = self._spoken(made.slices, heard, len(samples))
        segments = []
        for slice_, each in zip(made.slices, spoken, strict=True):
            text = model.tokenizer.decode(model.tokens.text(slice_.ids))
            start, end = (round(self.seconds + place, 2) for place in (each.start, min(each.end, seconds)))
            if text.strip() and start < end:
                words = finished(each.words, self.seconds)
                segments.append(Segment(start, end, text, words, found.log_prob, found.no_speech, found.temperature))
                self._said += slice_.ids
        if found.temperature > _FORGETFUL or not self._options.condition:
            self._said.clear()
        del self._said[: -self._remembered]
        return segments, self._moved(made, spoken, len(samples))

    @property
    def _remembered(self) -> int:
        return self._model.network.context // 2 - 1

    def _decode(self, heard: Heard) -> Decoded:
        model, tokens = self._model, self._model.tokens
        before = [tokens.previous, *self._said] if self._said else []
        window = WindowDecoder(
            model.network,
            heard,
            [*before, *tokens.prompt(self.language or "en", self._task)],
            tokens=tokens,
            grammar=self._grammar,
            generator=self._generator,
            max_tokens=self._options.max_tokens,
        )
        return decode(window, self._options.guards, tokens=tokens, tokenizer=model.tokenizer)

    def _spoken(self, slices: tuple[Slice, ...], heard: Heard, samples: int) -> list[Spoken]:
        """The segments with their words, on the clock of the window."""
        model, tokens = self._model, self._model.tokens
        spoken = [Spoken(each.start, each.end, []) for each in slices]
        texts = [tokens.text(each.ids) for each in slices]
        text = [id_ for each in texts for id_ in each]
        if not self._word_times or not text:
            return spoken
        aligned = align(
            model.network,
            heard,
            tokens.prompt(self.language or "en", self._task),
            text,
            tokens=tokens,
            rows=max(1, round(samples / HOP) // 2),
            median=model.median,
        )
        language = self.language if self._task == "transcribe" else "en"
        words = timed_words(split_words(text, model.tokenizer, language or "en"), aligned)
        for each, share in zip(spoken, spread(words, [len(each) for each in texts]), strict=True):
            each.words = share
        settle(spoken, median=median_seconds(words), spoken_until=self._spoken_until - self.seconds)
        last = next((each.words[-1] for each in reversed(spoken) if each.words), None)
        if last is not None:
            self._spoken_until = self.seconds + last.end
        return spoken

    def _moved(self, made: Cut, spoken: list[Spoken], samples: int) -> int:
        """Samples until the next window: to the last word if its time is known, else to the last timestamp."""
        moved = made.moved
        last = next((each.words[-1] for each in reversed(spoken) if each.words), None)
        if last is not None and last.end > 0.0 and not made.whole:
            moved = last.end
        if moved is None:
            return samples
        return min(samples, round(max(moved, LEAST) / TICK) * 2 * HOP)
