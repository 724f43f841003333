"""What every family of the catalogue keeps: the same battery over each, with a tiny config."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sensorium.chat.message import Message, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.catalog import FAMILIES
from sensorium.models.nano.config import NanoConfig
from sensorium.models.nano.folder import save_nano
from sensorium.models.nano.model import Nano

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-3)


@dataclass(frozen=True)
class Family:
    """A tiny model of a family, and how it is written to a folder."""

    name: str
    model: Nano
    spec: InputSpec
    tokenizer: Tokenizer
    save: Callable[[Path], None]

    @property
    def assembler(self) -> Assembler:
        return Assembler(self.tokenizer, self.spec)


@pytest.fixture(params=FAMILIES.names())
def family(
    request: pytest.FixtureRequest, tiny_nano: Nano, tiny_config: NanoConfig, tiny_tokenizer: Tokenizer
) -> Family:
    if request.param != "nano":
        pytest.fail(f"{request.param} is in the catalogue but has no tiny config here")

    def save(folder: Path) -> None:
        save_nano(folder, tiny_config, tiny_tokenizer, tiny_nano.state_dict())

    return Family("nano", tiny_nano, tiny_config.inputs, tiny_tokenizer, save)


def image(seed: int, height: int = 40, width: int = 56) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def sound(seed: int, samples: int = 9000) -> AudioClip:
    return AudioClip(np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32))


def film(seed: int) -> VideoClip:
    frames = np.random.default_rng(seed).integers(0, 256, (4, 40, 40, 3), np.uint8)
    return VideoClip(frames, np.arange(4) / 2, 2.0, sound(seed + 1, 3000))


TALKS: list[list[Message]] = [
    [user(image(0), "What is this?")],
    [user("Hello")],
    [user(film(1), sound(2), "Which?")],
    [user(image(3, 64, 32), image(0), "Same or not?")],
    [user(image(4), sound(5, 30_000), film(6), "All of them?")],
]


def built(family: Family) -> list[Talk]:
    return [family.assembler.talk(talk, ask=True) for talk in TALKS]


def last_scores(family: Family, inputs: ModelInputs) -> Tensor:
    """Scores of the token after each prompt. Returns: [B, V]."""
    with torch.inference_mode():
        return family.model.prefill(inputs, family.model.new_cache(*inputs.ids.shape))


def test_forward_is_finite(family: Family) -> None:
    inputs = family.assembler.batch(built(family))
    hidden = family.model(inputs)
    assert hidden.shape[:2] == inputs.ids.shape
    assert bool(torch.isfinite(family.model.language.logits(hidden)).all())


def test_every_parameter_gets_a_gradient(family: Family) -> None:
    hidden = family.model(family.assembler.batch(built(family)))
    scores = family.model.language.logits(hidden)
    (scores * torch.randn_like(scores)).sum().backward()
    without = [name for name, each in family.model.named_parameters() if each.grad is None or not each.grad.any()]
    assert without == []


def test_a_batch_is_its_singles(family: Family) -> None:
    talks = built(family)
    batch = last_scores(family, family.assembler.batch(talks, left=True))
    singles = torch.cat([last_scores(family, family.assembler.batch([talk])) for talk in talks])
    close(batch, singles)


def test_padding_on_the_right_changes_nothing_before_it(family: Family) -> None:
    talks = built(family)
    inputs = family.assembler.training_batch(talks).inputs
    with torch.inference_mode():
        hidden = family.model(inputs)
        for row, talk in enumerate(talks):
            alone = family.model(family.assembler.batch([talk]))[0]
            close(hidden[row, : len(talk.ids)], alone)


def test_cached_decoding_is_a_full_forward(family: Family) -> None:
    inputs = family.assembler.batch(built(family), left=True)
    batch, length = inputs.ids.shape
    following = torch.randint(20, 200, (batch, 4), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        cache = family.model.new_cache(batch, length + 4)
        found = [family.model.prefill(inputs, cache)]
        present = inputs.present
        for step in range(3):
            positions = inputs.positions[:, -1] + 1 + step
            present = None if present is None else torch.nn.functional.pad(present, (0, 1), value=True)
            found.append(family.model.decode(following[:, step], positions, present, cache))
    for row, talk in enumerate(built(family)):
        for step, scores in enumerate(found):
            longer = Talk(talk.ids + following[row, :step].tolist(), talk.items, [])
            whole = last_scores(family, family.assembler.batch([longer]))
            close(scores[row], whole[0])


def test_other_media_give_other_scores(family: Family) -> None:
    for first, second in ((image(0), image(9)), (sound(0), sound(9)), (film(0), film(9))):
        talks = [family.assembler.talk([user(each, "What?")], ask=True) for each in (first, second)]
        scores = last_scores(family, family.assembler.batch(talks, left=True))
        assert not torch.allclose(scores[0], scores[1], atol=1e-4)


def test_media_in_another_order_give_other_scores(family: Family) -> None:
    one, two = image(0), image(9)
    talks = [family.assembler.talk([user(*pair, "What?")], ask=True) for pair in ((one, two), (two, one))]
    scores = last_scores(family, family.assembler.batch(talks, left=True))
    assert not torch.allclose(scores[0], scores[1], atol=1e-5)


def test_saved_and_loaded_it_is_the_same(family: Family, tmp_path: Path) -> None:
    family.save(tmp_path / "x")
    loaded = FAMILIES.resolve(family.name)(tmp_path / "x")
    inputs = family.assembler.batch(built(family), left=True)
    again = loaded.assembler.batch([loaded.assembler.talk(talk, ask=True) for talk in TALKS], left=True)
    assert torch.equal(again.ids, inputs.ids)
    family.model.load_state_dict({name: each.half().float() for name, each in family.model.state_dict().items()})
    with torch.inference_mode():
        expected = family.model.prefill(inputs, family.model.new_cache(*inputs.ids.shape))
        assert torch.equal(loaded.network.prefill(again, loaded.network.new_cache(*inputs.ids.shape)), expected)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_same_seed_gives_the_same_answer(family: Family, temperature: float) -> None:
    inputs = family.assembler.batch(built(family), left=True)
    sampling = Sampling(max_tokens=8, temperature=temperature, seed=5)
    first, second = ([*generate(family.model, inputs, sampling, stops={1})] for _ in range(2))
    assert first == second


def test_text_alone_is_enough(family: Family) -> None:
    inputs = family.assembler.batch([family.assembler.talk([user("Hello")], ask=True)])
    assert inputs.media == ()
    assert len([*generate(family.model, inputs, Sampling(max_tokens=3), stops=())]) == 3
