"""One owner counts placeholders; what a user writes is never taken for one; batches keep samples apart."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.chat.template import PAD, PLACEHOLDER, ROLE, SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Item, Talk
from sensorium.inputs.carrier import RowModality
from sensorium.media.types import AudioClip, Document, Image, Media, VideoClip
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig

NAMES: tuple[RowModality, ...] = ("image", "audio", "video")


@pytest.fixture(scope="session")
def assembler(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Assembler:
    return Assembler(tiny_tokenizer, tiny_config.inputs)


def image(height: int = 40, width: int = 50) -> Image:
    return Image(np.full((height, width, 3), 99, np.uint8))


def sound(samples: int = 4000) -> AudioClip:
    return AudioClip(np.full(samples, 0.1, np.float32))


def film(frames: int = 3, *, sounding: bool = False) -> VideoClip:
    pixels = np.zeros((frames, 40, 40, 3), np.uint8)
    return VideoClip(pixels, np.arange(frames) / 2, frames / 2, sound() if sounding else None)


media = st.one_of(
    st.builds(image, st.integers(10, 300), st.integers(10, 300)),
    st.builds(sound, st.integers(1, 40_000)),
    st.builds(film, st.integers(1, 9), sounding=st.booleans()),
)


def counts(assembler: Assembler, talk: Talk) -> dict[str, int]:
    return {name: talk.ids.count(assembler.tokenizer.special(PLACEHOLDER[name])) for name in NAMES}


@settings(max_examples=60)
@given(talks=st.lists(st.lists(media, max_size=2), min_size=1, max_size=3))
def test_placeholders_are_as_many_as_rows_made(
    assembler: Assembler, make_nano: Callable[[int], EarlyFusion], talks: list[list[Media]]
) -> None:
    model = make_nano(0)
    built = [assembler.talk([user(*each, "What?")], ask=True) for each in talks]
    inputs = assembler.batch(built, left=True)
    with torch.inference_mode():
        for batch, places in zip(inputs.media, inputs.places, strict=True):
            rows = model.rows(batch)
            assert [len(each) for each in rows] == [span.length for span in batch.spans]
            assert int(places.sum()) == sum(map(len, rows))
        assert bool(torch.isfinite(model.embed(inputs)).all())


def test_each_modality_fills_its_own_placeholders(assembler: Assembler) -> None:
    talk = assembler.talk([user(film(sounding=True), image(), "And?")], ask=True)
    assert [item.modality for item in talk.items] == ["video", "audio", "image"]
    assert counts(assembler, talk) == {item.modality: item.rows for item in talk.items}


@given(words=st.lists(st.sampled_from(SPECIAL_TOKENS) | st.text(max_size=4), max_size=12))
def test_written_special_tokens_are_text(assembler: Assembler, words: list[str]) -> None:
    talk = assembler.talk([user(image(32, 32), "".join(words))], ask=True)
    special = {assembler.tokenizer.special(token) for token in SPECIAL_TOKENS}
    assert counts(assembler, talk) == {"image": talk.items[0].rows, "audio": 0, "video": 0}
    assert sum(id_ in special for id_ in talk.ids) == talk.items[0].rows + 4  # user, close, end, assistant
    assert assembler.tokenizer.decode(talk.ids) == "".join(words)


def test_every_special_token_spelled_out_gives_none(assembler: Assembler) -> None:
    plain = assembler.talk([user("")], ask=True)
    talk = assembler.talk([user(" ".join(SPECIAL_TOKENS))], ask=True)
    special = {assembler.tokenizer.special(token) for token in SPECIAL_TOKENS}
    assert [id_ for id_ in talk.ids if id_ in special] == plain.ids


def test_chinese_comes_back(assembler: Assembler) -> None:
    talk = assembler.talk([user("图里有几个红色的圆？")], ask=False)
    assert assembler.tokenizer.decode(talk.ids) == "图里有几个红色的圆？"


def test_message_by_message_is_as_whole(assembler: Assembler) -> None:
    talk = [Message("system", (Text("Be brief."),)), user(image(), "A?"), assistant("b"), user(sound(), "C?")]
    whole = assembler.talk(talk, ask=True).ids
    parts = [id_ for message in talk for id_ in assembler.talk([message], ask=False).ids]
    assert whole == [*parts, assembler.tokenizer.special(ROLE["assistant"])]


def test_too_many_tokens_are_refused_with_both_numbers(assembler: Assembler) -> None:
    with pytest.raises(LimitExceeded, match="talk: 304 tokens, pictures and sounds included, is more than the 256"):
        assembler.talk([user("1" * 301)], ask=True)
    assert len(assembler.talk([user("1" * 253)], ask=True).ids) == 256


def test_a_document_is_refused_not_dropped(assembler: Assembler) -> None:
    with pytest.raises(UnsupportedMedia, match=r"notes\.txt: this model takes image, audio, video, not document"):
        assembler.talk([user(Document("text", "notes.txt"), "Sum up.")], ask=True)


def test_too_long_a_sound_is_refused(assembler: Assembler) -> None:
    with pytest.raises(LimitExceeded, match=r"audio: 5\.0 s of sound is more than the 4 s"):
        assembler.talk([user(sound(80_000), "What?")], ask=True)


def test_weights_stand_on_answers_alone(assembler: Assembler) -> None:
    talk = [user(image(), "1"), assistant("22"), user("333"), assistant("4444"), user("5"), assistant("6")]
    built = assembler.talk(talk, ask=False, weights=[0.5, 0.25])
    learnt = [(weight, id_) for weight, id_ in zip(built.weights, built.ids, strict=True) if weight]
    assert [weight for weight, _ in learnt] == [0.5] * 3 + [0.25] * 5 + [1.0] * 2
    assert assembler.tokenizer.decode([id_ for _, id_ in learnt]) == "2244446"


# Batches


def test_left_padding_puts_the_last_tokens_together(assembler: Assembler) -> None:
    talks = [assembler.talk([user(text)], ask=True) for text in ("1", "4444")]
    inputs = assembler.batch(talks, left=True)
    pad = assembler.tokenizer.special(PAD)
    assert inputs.ids[0].tolist() == [pad] * 3 + talks[0].ids
    assert inputs.ids[1].tolist() == talks[1].ids
    assert inputs.present is not None
    assert inputs.present.int().tolist() == [[0, 0, 0, 1, 1, 1, 1], [1] * 7]
    assert inputs.positions.tolist() == [[0, 0, 0, 0, 1, 2, 3], list(range(7))]


def test_a_batch_without_padding_says_so(assembler: Assembler) -> None:
    talk = assembler.talk([user("12")], ask=True)
    assert assembler.batch([talk, talk], left=True).present is None


def test_spans_and_places_name_the_sample(assembler: Assembler) -> None:
    talks = [
        assembler.talk([user(image(), "a")], ask=True),
        assembler.talk([user("b")], ask=True),
        assembler.talk([user(image(64, 64), image(), "c")], ask=True),
    ]
    (batch,), (places,) = (found := assembler.batch(talks)).media, found.places
    assert [span.sample for span in batch.spans] == [0, 2, 2]
    assert places.sum(dim=1).tolist() == [
        sum(span.length for span in batch.spans if span.sample == sample) for sample in range(3)
    ]
    assert [each.dtype for each in batch.features] == [torch.uint8] * 3


def test_training_batches_pad_on_the_right_and_need_no_mask(assembler: Assembler) -> None:
    talks = [assembler.talk([user(text), assistant("7")], ask=False) for text in ("1", "4444")]
    batch = assembler.training_batch(talks)
    assert batch.inputs.present is None
    assert batch.inputs.ids[0, : len(talks[0].ids)].tolist() == talks[0].ids
    assert batch.weights.sum(dim=1).tolist() == [2.0, 2.0]
    assert batch.weights[0, len(talks[0].ids) :].tolist() == [0.0] * 3


def test_batches_move_as_one(assembler: Assembler) -> None:
    talks = [assembler.talk([user(film(), "1"), assistant("7")], ask=False)]
    moved = assembler.training_batch(talks).to(torch.device("meta"))
    (batch,) = moved.inputs.media
    tensors = (moved.weights, moved.inputs.ids, moved.inputs.places[0], batch.features[0], batch.times[0])
    assert {each.device.type for each in tensors} == {"meta"}


def test_another_reader_makes_the_items(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> None:
    made = Item("audio", np.zeros(3, np.float32), 5)
    other = Assembler(tiny_tokenizer, tiny_config.inputs, item=lambda _: made)
    talk = other.talk([user(image(), "What?")], ask=True)
    assert talk.items == [made]
    assert counts(other, talk) == {"image": 0, "audio": 5, "video": 0}
