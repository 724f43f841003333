"""Questions and files in, answers out: streams, talks, limits and errors, with a tiny random model."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from sensorium.chat.message import Answer, Message, user
from sensorium.chat.places import Point
from sensorium.core.errors import (
    EngineError,
    InputError,
    LimitExceeded,
    UnreadableMedia,
    UnsupportedMedia,
    UsageError,
)
from sensorium.engine import generate as engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.sampling import Sampling
from sensorium.inputs.batching import Item
from sensorium.media.limits import Limits
from sensorium.media.types import AudioClip, Document, Image, Media, VideoClip
from sensorium.models.early import EarlyFusion
from sensorium.runtime import answering, local
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import Parts


class Ending:
    """A model that ends its answers after so many tokens, or fails then."""

    def __init__(self, model: EarlyFusion, end: int, after: int, *, by: float = 1e4) -> None:
        self._model, self._end, self._after, self._by = model, end, after, by
        self._said = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def prefill(self, *given: Any) -> Tensor:
        self._said = 0
        return self._scores(self._model.prefill(*given))

    def decode(self, *given: Any) -> Tensor:
        self._said += 1
        return self._scores(self._model.decode(*given))

    def _scores(self, scores: Tensor) -> Tensor:
        if self._said == self._after:
            scores[:, self._end] += self._by
        return scores


MakeParts = Callable[..., Parts]


@pytest.fixture
def ending(tiny_parts: Parts) -> MakeParts:
    """The tiny model, its answers ending after so many tokens."""

    def make(after: int, **options: float) -> Parts:
        (end,) = tiny_parts.model.stops
        network = Ending(cast("EarlyFusion", tiny_parts.model.network), end, after, **options)
        return replace(tiny_parts, model=replace(tiny_parts.model, network=network))

    return make


def image(seed: int = 0) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (48, 48, 3), np.uint8), "shot.png")


def sound(seconds: float = 0.5) -> AudioClip:
    noise = np.random.default_rng(0).normal(0, 0.1, int(seconds * 16_000))
    return AudioClip(noise.astype(np.float32), "talk.wav")


def film(sound_seconds: float = 0.0) -> VideoClip:
    frames = np.random.default_rng(2).integers(0, 256, (3, 40, 40, 3), np.uint8)
    track = sound(sound_seconds) if sound_seconds else None
    return VideoClip(frames, np.arange(3.0), 3.0, track, "clip.mp4")


# One answer


def test_pieces_join_to_the_answer_which_is_that_of_ask(ending: MakeParts) -> None:
    model = LocalModel(ending(7))
    *pieces, last = model.stream("What?", image(), temperature=1.0, seed=3)
    assert all(event.answer is None for event in pieces)
    assert last.text == ""
    assert last.answer is not None
    assert "".join(event.text for event in pieces) == last.answer.text == str(last.answer) != ""
    again = model.ask("What?", image(), temperature=1.0, seed=3)
    assert again.text == last.answer.text


def test_what_an_answer_tells(ending: MakeParts) -> None:
    parts = ending(5)
    answer = LocalModel(parts).ask("What?", image())
    prompt = parts.model.assembler.talk([user(image(), "What?")], ask=True)
    assert (answer.role, answer.model, answer.finish_reason) == ("assistant", "tiny", "stop")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (len(prompt.ids), 6)
    assert 0 < answer.timings.first_token <= answer.timings.total
    assert (answer.confidence, answer.sure, answer.notices) == (None, None, ())


def test_an_answer_may_be_cut(tiny_parts: Parts) -> None:
    answer = LocalModel(tiny_parts).ask("What?", max_tokens=4)
    assert (answer.finish_reason, answer.usage.completion_tokens) == ("length", 4)


def test_an_answer_may_be_empty(ending: MakeParts) -> None:
    (event,) = LocalModel(ending(0)).stream("What?")
    assert event.answer is not None
    assert (event.answer.text, event.answer.usage.completion_tokens) == ("", 1)


def test_seeds_and_media_and_their_order_matter(tiny_parts: Parts) -> None:
    model = LocalModel(tiny_parts)

    def ask(*files: Media, seed: int = 1) -> str:
        return model.ask("What?", *files, max_tokens=80, temperature=1.0, seed=seed).text

    assert ask(image(), sound()) == ask(image(), sound())
    different = {ask(image(), sound()), ask(sound(), image()), ask(image(1), sound()), ask(image(), sound(), seed=2)}
    assert len(different) == 4


def test_places_are_in_the_medium_that_was_shown_last(tiny_parts: Parts) -> None:
    def find(text: str, medium: Media, item: Item) -> list[Point]:
        return [Point(float(len(text)), float(item.rows), medium.source)]

    model = LocalModel(replace(tiny_parts, model=replace(tiny_parts.model, places=find)))
    rows = tiny_parts.model.assembler.talk([user(replace(image(), pixels=image().pixels[:32]))], ask=True).items[0].rows
    chat = model.chat()
    assert chat.send("Where?", max_tokens=3).places == ()
    assert chat.send("Where?", image(), replace(image(), source="b.png"), max_tokens=3).places == ()
    latest = replace(image(), pixels=image().pixels[:32], source="c.png")
    for files in ([latest], []):
        answer = chat.send("Where?", *files, max_tokens=3)
        assert answer.places == (Point(float(len(answer.text)), float(rows), "c.png"),)


def test_all_modalities_together(tiny_parts: Parts) -> None:
    files = (image(), film(0.5), sound(), image(1))
    items = tiny_parts.model.assembler.talk([user(*files)], ask=False).items
    assert [item.modality for item in items] == ["image", "video", "audio", "audio", "image"]
    answer = LocalModel(tiny_parts).ask("Which?", *files, max_tokens=3)
    assert answer.usage.prompt_tokens > sum(item.rows for item in items)


def test_files_are_read_with_the_limits_of_the_parts(tiny_parts: Parts) -> None:
    from PIL import Image as Pillow

    model = LocalModel(replace(tiny_parts, limits=Limits(pixels=1000)))
    data = _png(Pillow.new("RGB", (50, 50)))
    with pytest.raises(LimitExceeded):
        model.ask("What?", data)
    assert LocalModel(tiny_parts).ask("What?", data, max_tokens=2).usage.completion_tokens == 2


def _png(picture: Any) -> bytes:
    import io

    stream = io.BytesIO()
    picture.save(stream, "png")
    return stream.getvalue()


# Errors


@pytest.mark.parametrize(
    ("question", "file", "error", "message"),
    [
        ("What?", Document("text", "notes.txt"), UnsupportedMedia, "notes.txt: this model takes image, audio, video"),
        ("What?", "no/such/file.png", UnreadableMedia, "file.png"),
        ("What?", b"", InputError, "bytes"),
        ("What?", sound(5), LimitExceeded, "talk.wav: 5.0 s of sound"),
        ("1" * 300, image(), LimitExceeded, "tokens, pictures and sounds included, is more than the 256"),
        ("1" * 253, None, LimitExceeded, "256 tokens.*leave no room for an answer among the 256"),
        ("\udcff", image(), UnreadableMedia, "half a character"),
    ],
)
def test_inputs_that_cannot_be_taken(
    tiny_parts: Parts, question: str, file: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        LocalModel(tiny_parts).ask(question, *([] if file is None else [file]))


def test_wrong_options_are_named_before_anything_is_read(tiny_parts: Parts) -> None:
    with pytest.raises(UsageError, match="temperature is -1"):
        LocalModel(tiny_parts).ask("What?", "no/such/file.png", temperature=-1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_tokens": "3"}, r"options: max_tokens: got '3' \(str\), expected"),
        ({"temperature": None}, r"options: temperature: got None"),
        ({"seed": 1.5}, r"options: seed: got 1\.5 \(float\)"),
        ({"frob": 2}, r"options: unknown key 'frob'; expected some of: max_tokens, temperature, seed"),
    ],
)
def test_options_of_another_type_or_name(tiny_parts: Parts, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LocalModel(tiny_parts).ask("What?", **options)


def test_a_decoded_picture_is_taken_like_its_file(tiny_parts: Parts) -> None:
    model = LocalModel(tiny_parts)
    assert model.ask("What?", image().pixels, max_tokens=4).text == model.ask("What?", image(), max_tokens=4).text


def test_what_a_prompt_shows_is_short(tiny_parts: Parts) -> None:
    assert repr(LocalModel(tiny_parts)) == "LocalModel('tiny')"


def test_an_answer_ends_where_the_model_does_however_much_is_asked_for(tiny_parts: Parts) -> None:
    answer = LocalModel(tiny_parts).ask("1" * 200, max_tokens=10**12)
    assert answer.finish_reason == "length"
    assert answer.usage.prompt_tokens + answer.usage.completion_tokens == 256


# Notices


def test_notices_of_media_come_once(tiny_parts: Parts) -> None:
    noted = replace(image(), notices=("shot.png: holds more than one picture; only the first is used.",))
    assert LocalModel(tiny_parts).ask("What?", noted, image(), max_tokens=2).notices == noted.notices


def test_a_long_sound_track_is_left_out_and_said_so(tiny_parts: Parts) -> None:
    model = LocalModel(tiny_parts)
    long, silent = (model.ask("What?", film(seconds), max_tokens=6) for seconds in (5.0, 0.0))
    (notice,) = long.notices
    assert notice.startswith("clip.mp4: the sound track (5 s) is longer than the 4 s")
    assert (long.text, long.usage) == (silent.text, silent.usage)
    assert model.ask("What?", film(1.0), max_tokens=6).notices == ()


# Talks


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[list[TokenEvent]]:
    """Token events of every answer, in order."""
    answers: list[list[TokenEvent]] = []

    def generate(*given: Any, **named: Any) -> Iterator[list[TokenEvent | None]]:
        answers.append([])
        for events in engine.generate(*given, **named):
            answers[-1].extend(event for event in events if event is not None)
            yield events

    monkeypatch.setattr(answering, "generate", generate)
    return answers


TURNS: list[tuple[str, tuple[Media, ...]]] = [
    ("What is this?", (image(),)),
    ("And its colour?", ()),
    ("Hear this.", (sound(), image(5))),
]


@pytest.mark.parametrize("after", [5, 1000], ids=["stop", "length"])
def test_every_turn_is_what_a_fresh_start_with_all_turns_would_give(
    ending: MakeParts, recorded: list[list[TokenEvent]], after: int
) -> None:
    model = ending(after).model
    chat, messages = LocalModel(Parts("tiny", model)).chat(), list[Message]()
    for question, files in TURNS:
        answer = chat.send(question, *files, max_tokens=9)
        messages.append(user(*files, question))
        inputs, sampling = model.assembler.batch([model.assembler.talk(messages, ask=True)]), Sampling(max_tokens=9)
        fresh = engine.generate(model.network, inputs, sampling, stops=model.stops, banned=model.banned)
        expected = [event for (event,) in fresh if event is not None]
        got = recorded[-1]
        assert [(event.id, event.finish) for event in got] == [(event.id, event.finish) for event in expected]
        assert [event.log_prob for event in got] == pytest.approx([event.log_prob for event in expected], abs=1e-3)
        assert answer.text == model.tokenizer.decode([event.id for event in got])
        messages.append(answer)


def then(parts: Parts, before: Callable[[local.LocalChat], None]) -> Answer:
    """The second answer of a talk in which something happens between the turns."""
    chat = LocalModel(parts).chat()
    chat.send("What is this?", image(), max_tokens=6)
    before(chat)
    return chat.send("And its colour?", sound(), max_tokens=6, temperature=1.0, seed=1)


def abandon_at_first(chat: local.LocalChat) -> None:
    next(chat.stream("Never mind.", image(3), max_tokens=50))


def abandon_before_the_answer(chat: local.LocalChat) -> None:
    for event in chat.stream("Never mind.", film(), max_tokens=50):
        assert event.answer is None
        if event.text.strip():
            break


def ask_too_much(chat: local.LocalChat) -> None:
    with pytest.raises(LimitExceeded, match="is more than the 256 this model takes"):
        chat.send("1" * 250)


def ask_about_a_document(chat: local.LocalChat) -> None:
    with pytest.raises(UnsupportedMedia):
        chat.send("Sum up.", Document("text"))


@pytest.mark.parametrize("before", [abandon_at_first, abandon_before_the_answer, ask_too_much, ask_about_a_document])
def test_a_turn_that_came_to_nothing_leaves_no_trace(
    tiny_parts: Parts, before: Callable[[local.LocalChat], None]
) -> None:
    plain, after = then(tiny_parts, lambda _: None), then(tiny_parts, before)
    assert (after.text, after.usage, after.notices) == (plain.text, plain.usage, plain.notices)


def test_a_turn_in_which_the_model_fails_leaves_no_trace(tiny_parts: Parts, ending: MakeParts) -> None:
    failing = ending(2, by=math.nan)
    chat = LocalModel(failing).chat()
    for _ in range(2):
        with pytest.raises(EngineError, match="not finite"):
            chat.send("What?", image())
    assert (
        chat.send("What?", image(), max_tokens=2).text
        == LocalModel(tiny_parts).ask("What?", image(), max_tokens=2).text
    )


def test_a_stream_that_was_overtaken_ends_with_a_word(tiny_parts: Parts) -> None:
    chat, fresh = LocalModel(tiny_parts).chat(), LocalModel(tiny_parts).chat()
    stale = chat.stream("First?", max_tokens=50)
    next(stale)
    assert chat.send("Second?", max_tokens=6).text == fresh.send("Second?", max_tokens=6).text
    with pytest.raises(UsageError, match="still being streamed when the talk got another question"):
        list(stale)
    assert chat.send("Third?", max_tokens=6).text == fresh.send("Third?", max_tokens=6).text


def test_a_talk_that_is_full_says_so(tiny_parts: Parts) -> None:
    chat = LocalModel(tiny_parts).chat()
    for _ in range(5):
        chat.send("1" * 19, max_tokens=1)  # at least 23 tokens a turn, with those of the roles
    with pytest.raises(LimitExceeded, match=r"256.*begin a new talk"):
        chat.send("1" * 141)
    assert LocalModel(tiny_parts).chat().send("What is this?", max_tokens=2)


def test_talks_of_one_model_do_not_meet(tiny_parts: Parts) -> None:
    model = LocalModel(tiny_parts)
    first, second = model.chat(), model.chat()
    first.send("What is this?", image(), max_tokens=5)
    assert second.send("And?", max_tokens=8).text == model.ask("And?", max_tokens=8).text


def test_answering_leaves_threads_seeds_and_gradients_alone(tiny_parts: Parts) -> None:
    before = torch.get_rng_state(), torch.get_num_threads()
    LocalModel(tiny_parts).ask("What?", image(), max_tokens=3, temperature=1.0)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == (before[1], True)


def test_no_word_of_the_folder_matters(tiny_folder: Path) -> None:
    import sensorium

    first = sensorium.load(str(tiny_folder)).ask("What?", image(), max_tokens=5)
    second = sensorium.load(str(tiny_folder.rename(tiny_folder.with_name("x")))).ask("What?", image(), max_tokens=5)
    assert first.text == second.text
