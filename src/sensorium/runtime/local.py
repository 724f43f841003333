"""A model on this machine: questions and files in, answers out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Unpack

import torch

from sensorium.chat.message import Answer, Message, Text, Timings, Usage, assistant, user
from sensorium.chat.places import Place
from sensorium.chat.tokenizer import Detokenizer
from sensorium.core.config import from_dict
from sensorium.core.errors import EngineError, LimitExceeded, UsageError
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.sampling import Options, Sampling
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.load import load_media
from sensorium.media.types import Media, VideoClip
from sensorium.models.composed.cache import WeighedCache
from sensorium.nn.cache import KVCache
from sensorium.runtime.judgement import UNSHOWN, confidence, strange, unshown
from sensorium.runtime.parts import Parts
from sensorium.runtime.protocol import Input, StreamEvent, check_question

UNHEARD = "{source}: the sound track ({seconds:.0f} s) is longer than the {limit:g} s that this model hears; left out."
NO_ROOM = (
    "talk: {length} tokens, pictures and sounds included, leave no room for an answer among the {limit} that this "
    "model takes. Ask about fewer or shorter media, or begin a new talk."
)
DEAF = "{source}: this model hears no sound; the sound track is left out."


class LocalModel:
    """Satisfies `runtime.protocol.Model`; keeps nothing between calls but its parts."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    @property
    def name(self) -> str:
        """As written in the catalogue, or the folder's name."""
        return self.parts.name

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r})"

    def ask(self, question: str, *files: Input, **options: Unpack[Options]) -> Answer:
        """Answer a question about any number of files, shown in their order.

        Args:
            question: in English or Chinese.
            files: paths, bytes, data URIs or decoded media.
            options: `max_tokens` of the answer, `temperature` (0 takes the likeliest), `seed`.

        Raises: InputError for a file that cannot be taken, UsageError for a wrong option, ModelError for a failure.
        """
        return self.chat().send(question, *files, **options)

    def stream(self, question: str, *files: Input, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """The same, piece by piece; the last event carries the whole `Answer`."""
        return self.chat().stream(question, *files, **options)

    def chat(self) -> "LocalChat":
        """A new talk."""
        return LocalChat(self.parts)


class LocalChat:
    """A talk. Media and cached keys and values stay, so a further question costs only its own tokens.

    Every answer is that to the talk as it then stands: tokens that the cache has from earlier turns are not taken
    again, the rest is. A turn that fails or is abandoned leaves the talk as it was before.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._model = parts.model
        self._messages: list[Message] = []
        self._cache: KVCache | None = None
        self._taken: list[int] = []  # the tokens in the cache that belong to finished turns
        self._turn: object = None
        self._strange = False  # whether media of the talk are unlike all that the model knows

    def send(self, question: str, *files: Input, **options: Unpack[Options]) -> Answer:
        """The next answer; arguments and errors as `LocalModel.ask`."""
        for event in self.stream(question, *files, **options):
            if event.answer is not None:
                return event.answer
        raise EngineError("The model gave no answer. Ask again; if it stays so, report it with the question.")

    def stream(self, question: str, *files: Input, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """The next answer, piece by piece; the last event carries the whole `Answer`.

        Raises: as `LocalModel.ask`; UsageError when another question was asked before this answer was read to its end.
        """
        began = perf_counter()
        check_question(question)
        sampling = from_dict(Sampling, options, where="options")
        media, notices = self._read(files)
        messages = [*self._messages, user(*media, question)]
        talk = self._model.assembler.talk(messages, ask=True)
        length, limit = len(talk.ids), self._model.max_tokens
        if length >= limit:
            raise LimitExceeded(NO_ROOM.format(length=length, limit=limit))
        sampling = replace(sampling, max_tokens=min(sampling.max_tokens, limit - length))
        inputs = self._model.assembler.batch([talk])
        known = inputs.whole_media(_common(self._taken, talk.ids))
        with torch.inference_mode():
            inputs = self._model.network.encode(inputs.after(known))
        cache = self._room(known, length + sampling.max_tokens)
        turn = self._turn = object()
        events: list[TokenEvent] = []
        pieces = Detokenizer(self._model.tokenizer)
        text, first_token = "", 0.0
        for event in self._events(inputs, sampling, cache):
            first_token = first_token or perf_counter() - began
            events.append(event)
            piece = "" if event.finish == "stop" else pieces.push(event.id)
            piece += "" if event.finish is None else pieces.finish()
            text += piece
            if piece:
                yield StreamEvent(piece)
            self._check(turn)
        odd = strange(self._parts, inputs, [each for medium in media for each in _tracks(medium)])
        blind = unshown(self._parts, talk.items)
        notices += [*odd, *([UNSHOWN.format(name=self._parts.name)] if blind and not self._messages else [])]
        self._strange = self._strange or bool(odd)
        self._messages = [*messages, assistant(text)]
        self._taken = talk.ids + [event.id for event in events[:-1]]  # the last one was never put in
        timings = Timings(first_token=first_token, total=perf_counter() - began)
        answer = self._answer(text, events, timings, talk, guess=blind or self._strange)
        answer = replace(answer, notices=tuple(notices), places=self._places(text, messages, talk))
        yield StreamEvent("", replace(answer, modality_weights=_weights(cache)))

    def _events(self, inputs: ModelInputs, sampling: Sampling, cache: KVCache) -> Iterator[TokenEvent]:
        """Token events of the one talk."""
        model = self._model
        for events in generate(model.network, inputs, sampling, stops=model.stops, banned=model.banned, cache=cache):
            yield from (event for event in events if event is not None)

    def _check(self, turn: object) -> None:
        if turn is not self._turn:
            raise UsageError(
                "This answer was still being streamed when the talk got another question, and ends here. Read an "
                "answer to its end before you ask again, or use another chat()."
            )

    def _answer(self, text: str, events: Sequence[TokenEvent], timings: Timings, talk: Talk, *, guess: bool) -> Answer:
        """The answer, which no measured chance holds for if it can only be a guess."""
        chance = None if guess else confidence(self._parts, events, (item.modality for item in talk.items))
        known = None if chance is None else chance >= self._parts.calibration.sure_from
        return Answer(
            role="assistant",
            parts=(Text(text),),
            confidence=chance,
            sure=False if guess else known,
            model=self._parts.name,
            finish_reason=events[-1].finish or "stop",
            usage=Usage(prompt_tokens=len(talk.ids), completion_tokens=len(events)),
            timings=timings,
        )

    def _places(self, text: str, messages: Sequence[Message], talk: Talk) -> tuple[Place, ...]:
        """Places in the medium that was shown last; none where several were shown at once, for which is not said."""
        latest = next((message.media for message in reversed(messages) if message.media), ())
        if self._model.places is None or len(latest) != 1:
            return ()
        return tuple(self._model.places(text, latest[0], talk.items[-1]))

    def _read(self, files: Sequence[Input]) -> tuple[list[Media], list[str]]:
        """Decoded media and what the user should know of them."""
        limits = self._parts.limits
        media = [each if isinstance(each, Media) else load_media(each, limits=limits) for each in files]
        notices = [notice for medium in media for notice in medium.notices]
        longest = self._model.longest_sound
        for index, medium in enumerate(media):
            if isinstance(medium, VideoClip) and medium.sound is not None and medium.sound.seconds > longest:
                words = UNHEARD if longest else DEAF
                notices.append(words.format(source=medium.source, seconds=medium.sound.seconds, limit=longest))
                media[index] = replace(medium, sound=None)
        return media, notices

    def _room(self, known: int, tokens: int) -> KVCache:
        """The cache, cut back to its first `known` tokens, with room for `tokens` in all."""
        if self._cache is None:
            self._cache = self._model.network.new_cache(1, tokens)
        self._taken = self._taken[:known]
        self._cache.truncate(known)
        if tokens > self._cache.capacity:
            self._cache = self._cache.grown(min(2 * tokens, self._model.max_tokens))
        return self._cache


def _weights(cache: KVCache) -> dict[str, float] | None:
    """How much each modality counted in the answer that a cache holds; None for a model whose gates cannot be read."""
    return cache.modality_weights() if isinstance(cache, WeighedCache) else None


def _common(taken: Sequence[int], ids: Sequence[int]) -> int:
    """How many first tokens are the same; the last of `ids` is not counted, since its scores are wanted."""
    same = 0
    for one, other in zip(taken, ids[:-1], strict=False):
        if one != other:
            break
        same += 1
    return same


def _tracks(medium: Media) -> list[Media]:
    """A medium and, of a film, its sound: one entry per item that the assembler makes."""
    if isinstance(medium, VideoClip) and medium.sound is not None:
        return [medium, medium.sound]
    return [medium]
