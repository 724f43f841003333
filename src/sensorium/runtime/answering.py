"""The way from messages to an answer, the only one: ids, rows, tokens, text, and what is known of the answer.

A talk on this machine keeps what it `Held` between its turns; a server's request brings its whole talk and holds
nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import torch

from sensorium.chat.message import Answer, Message, Part, Text, Timings, Usage
from sensorium.chat.places import Place
from sensorium.core.errors import LimitExceeded, UsageError
from sensorium.engine.choosing import check_whole
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.grammar import Guide
from sensorium.engine.sampling import Sampling
from sensorium.engine.stopping import Words
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Media, VideoClip
from sensorium.models.answerer import Answerer
from sensorium.models.composed.cache import WeighedCache
from sensorium.nn.cache import KVCache
from sensorium.runtime.judgement import UNSHOWN, confidence, strange, unshown
from sensorium.runtime.parts import Parts
from sensorium.runtime.protocol import StreamEvent

UNHEARD = "{source}: the sound track ({seconds:.0f} s) is longer than the {limit:g} s that this model hears; left out."
DEAF = "{source}: this model hears no sound; the sound track is left out."
NO_ROOM = (
    "talk: {length} tokens, pictures and sounds included, leave no room for an answer among the {limit} that this "
    "model takes. Ask about fewer or shorter media, or begin a new talk."
)


@dataclass
class Held:
    """What a talk keeps of its finished turns; a turn that fails or is abandoned leaves it as it was.

    `taken` are the tokens in `cache` that belong to finished turns, `messages` counts theirs; `strange` says whether
    media of the talk are unlike all that the model knows; `turn` is the one that may go on.
    """

    cache: KVCache | None = None
    taken: list[int] = field(default_factory=list)
    messages: int = 0
    strange: bool = False
    turn: object = None

    def room(self, model: Answerer, known: int, tokens: int) -> KVCache:
        """The cache, cut back to its first `known` tokens, with room for `tokens` in all."""
        if self.cache is None:
            self.cache = model.network.new_cache(1, tokens)
        self.taken = self.taken[:known]
        self.cache.truncate(known)
        if tokens > self.cache.capacity:
            self.cache = self.cache.grown(min(2 * tokens, model.max_tokens))
        return self.cache


def shown(messages: Sequence[Message], model: Answerer) -> tuple[list[Message], list[str]]:
    """The messages with films as the model can hear them, and what the user should know of the media."""
    notices: list[str] = []
    fitting = [replace(each, parts=tuple(_heard(part, model, notices) for part in each.parts)) for each in messages]
    told = [notice for message in messages for medium in message.media for notice in medium.notices]
    return fitting, told + notices


def prompt(model: Answerer, messages: Sequence[Message]) -> Talk:
    """Ids and features of a talk that is to be answered.

    Raises: InputError for media that the model cannot take; LimitExceeded for a talk that leaves no room.
    """
    talk = model.assembler.talk(messages, ask=True)
    if len(talk.ids) >= model.max_tokens:
        raise LimitExceeded(NO_ROOM.format(length=len(talk.ids), limit=model.max_tokens))
    return talk


def answer(
    parts: Parts,
    messages: Sequence[Message],
    sampling: Sampling,
    *,
    stops: Sequence[str] = (),
    guide: Guide | None = None,
    held: Held | None = None,
    notices: Sequence[str] = (),
    began: float | None = None,
) -> Iterator[StreamEvent]:
    """Answer the last message of a talk, piece by piece; the last event carries the whole `Answer`.

    Args:
        parts: the model.
        messages: the talk, media as `shown` gives them.
        sampling: how tokens are chosen; fewer of them where the model has no room for more.
        stops: strings that end the answer, and are no part of it.
        guide: at the beginning of the form that the answer must have.
        held: of the turns before; it is changed when the answer is whole.
        notices: for the user, of the media.
        began: when the call began (`perf_counter`), for the timings.

    Raises: as `prompt`; EngineError when the model fails; LimitExceeded when the answer ends without its form;
    UsageError when the talk was asked something else before this answer was read to its end.
    """
    began = perf_counter() if began is None else began
    held = held or Held()
    model = parts.model
    talk = prompt(model, messages)
    length = len(talk.ids)
    sampling = replace(sampling, max_tokens=min(sampling.max_tokens, model.max_tokens - length))
    inputs = model.assembler.batch([talk])
    known = inputs.whole_media(_common(held.taken, talk.ids))
    with torch.inference_mode():
        inputs = model.network.encode(inputs.after(known))
    cache = held.room(model, known, length + sampling.max_tokens)
    turn = held.turn = object()
    events: list[TokenEvent] = []
    words = Words(model.tokenizer, stops)
    text, first_token, told_of = "", 0.0, 0
    for event in _events(model, inputs, sampling, cache, guide):
        first_token = first_token or perf_counter() - began
        events.append(event)
        piece = "" if event.finish == "stop" else words.push(event.id)
        piece += "" if event.finish is None else words.finish()
        text += piece
        if piece:
            yield StreamEvent(piece, tokens=_said(events[told_of:]))
            told_of = len(events)
        _check(held, turn)
        if words.stopped:
            check_whole(guide, len(events))
            break
    odd = strange(parts, inputs, [each for message in messages[held.messages :] for each in tracks(message)])
    blind = unshown(parts, talk.items)
    told = [*notices, *odd, *([UNSHOWN.format(name=parts.name)] if blind and not held.messages else [])]
    held.strange = held.strange or bool(odd)
    held.messages = len(messages) + 1
    held.taken = talk.ids + [event.id for event in events[:-1]]  # the last one was never put in
    timings = Timings(first_token=first_token, total=perf_counter() - began)
    made = answer_of(parts, text, events, timings, talk, guess=blind or held.strange)
    made = replace(made, notices=tuple(told), places=places_of(model, text, messages, talk))
    stopped_by = None
    if words.stopped:
        made, stopped_by = replace(made, finish_reason="stop"), stop_behind(text, model, _said(events), stops)
    yield StreamEvent("", replace(made, modality_weights=_weights(cache)), stopped_by, _said(events[told_of:]))


def _events(
    model: Answerer, inputs: ModelInputs, sampling: Sampling, cache: KVCache, guide: Guide | None
) -> Iterator[TokenEvent]:
    """Token events of the one talk."""
    network, stops, banned = model.network, model.stops, model.banned
    for events in generate(network, inputs, sampling, stops=stops, banned=banned, cache=cache, guide=guide):
        yield from (event for event in events if event is not None)


def _said(events: Sequence[TokenEvent]) -> tuple[TokenEvent, ...]:
    """Tokens that are part of an answer, which the one that ends it is not."""
    return tuple(event for event in events if event.finish != "stop")


def stop_behind(text: str, model: Answerer, said: Sequence[TokenEvent], stops: Sequence[str]) -> str | None:
    """The stop string that an answer was cut at: what its tokens say behind its text."""
    behind = model.tokenizer.decode([event.id for event in said])[len(text) :]
    return max((stop for stop in stops if behind.startswith(stop)), key=len, default=None)


def _check(held: Held, turn: object) -> None:
    if turn is not held.turn:
        raise UsageError(
            "This answer was still being streamed when the talk got another question, and ends here. Read an "
            "answer to its end before you ask again, or use another chat()."
        )


def answer_of(
    parts: Parts, text: str, events: Sequence[TokenEvent], timings: Timings, talk: Talk, *, guess: bool
) -> Answer:
    """The answer, which no measured chance holds for if it can only be a guess."""
    chance = None if guess else confidence(parts, events, (item.modality for item in talk.items))
    known = None if chance is None else chance >= parts.calibration.sure_from
    return Answer(
        role="assistant",
        parts=(Text(text),),
        confidence=chance,
        sure=False if guess else known,
        model=parts.name,
        finish_reason=events[-1].finish or "stop",
        usage=Usage(prompt_tokens=len(talk.ids), completion_tokens=len(events)),
        timings=timings,
    )


def places_of(model: Answerer, text: str, messages: Sequence[Message], talk: Talk) -> tuple[Place, ...]:
    """Places in the medium that was shown last; none where several were shown at once, for which is not said."""
    latest = next((message.media for message in reversed(messages) if message.media), ())
    if model.places is None or len(latest) != 1:
        return ()
    return tuple(model.places(text, latest[0], talk.items[-1]))


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


def _heard(part: Part, model: Answerer, notices: list[str]) -> Part:
    """The part; a film without its sound where the model cannot hear that, which `notices` is told."""
    longest = model.longest_sound
    if not isinstance(part, VideoClip) or part.sound is None or part.sound.seconds <= longest:
        return part
    words = UNHEARD if longest else DEAF
    notices.append(words.format(source=part.source, seconds=part.sound.seconds, limit=longest))
    return replace(part, sound=None)


def tracks(message: Message) -> list[Media]:
    """The media of a message, and of a film its sound: one entry per item that the assembler makes."""
    tracks: list[Media] = []
    for medium in message.media:
        tracks.append(medium)
        if isinstance(medium, VideoClip) and medium.sound is not None:
            tracks.append(medium.sound)
    return tracks
