"""What every family of the catalogue keeps: the same battery over a tiny checkpoint folder of each."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.contracts.folders import FOLDERS, IDLE
from torch import Tensor, nn

from sensorium.chat.message import Message, user
from sensorium.engine.engine import Engine
from sensorium.engine.generate import furthest, generate
from sensorium.engine.model import Settings
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import AudioClip, Image, Media, VideoClip
from sensorium.models.answerer import Answerer
from sensorium.models.catalog import FAMILIES, find

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")  # of the reference

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-3)


@dataclass(frozen=True)
class Family:
    """A tiny model of a family, its folder, and talks with media that it takes."""

    name: str
    folder: Path
    model: Answerer
    talks: tuple[list[Message], ...]

    def built(self) -> list[Talk]:
        return [self.model.assembler.talk(talk, ask=True) for talk in self.talks]


@pytest.fixture(params=FAMILIES.names())
def family(request: pytest.FixtureRequest, tmp_path: Path, tiny_folder: Path) -> Family:
    name: str = request.param
    folder = tiny_folder if name == "nano" else FOLDERS[name](tmp_path / name)
    taken = FAMILIES.get(name).modalities
    talks = tuple(talk for talk in TALKS if all(each.modality in taken for said in talk for each in said.media))
    return Family(name, folder, FAMILIES.resolve(name)(folder), talks)


def image(seed: int, height: int = 40, width: int = 56) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def sound(seed: int, samples: int = 9000) -> AudioClip:
    return AudioClip(np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32))


def film(seed: int) -> VideoClip:
    frames = np.random.default_rng(seed).integers(0, 256, (4, 40, 40, 3), np.uint8)
    return VideoClip(frames, np.arange(4) / 2, 2.0)


TALKS: list[list[Message]] = [
    [user(image(0), "What is this?")],
    [user("Hello")],
    [user(sound(7), "What is this?")],
    [user(film(1), "Which?")],
    [user(film(1), sound(2), "Which?")],
    [user(image(3, 64, 32), image(0), "Same or not?")],
    [user(image(4), film(6), "Both of them?")],
    [user(image(4), sound(5, 30_000), film(6), "All of them?")],
]

PAIRS: dict[str, tuple[str | Media, str | Media]] = {
    "image": (image(0), image(1)),
    "audio": (sound(0), sound(1)),
    "text": ("one ", "two "),
}
"""Of each modality two that differ; a family is shown the first that it takes."""


def last_scores(family: Family, inputs: ModelInputs) -> Tensor:
    """Scores of the token after each prompt. Returns: [B, V]."""
    network = family.model.network
    return network.prefill(inputs, network.new_cache(*inputs.ids.shape))


def test_every_parameter_gets_a_gradient(family: Family) -> None:
    network = family.model.network
    assert isinstance(network, nn.Module)
    scores = last_scores(family, family.model.assembler.batch(family.built(), left=True))
    assert bool(torch.isfinite(scores).all())
    (scores * torch.randn_like(scores)).sum().backward()
    without = [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()]
    assert [name for name in without if not name.startswith(IDLE.get(family.name, ()))] == []


@torch.inference_mode()
def test_a_batch_is_its_singles(family: Family) -> None:
    talks = family.built()
    batch = last_scores(family, family.model.assembler.batch(talks, left=True))
    singles = torch.cat([last_scores(family, family.model.assembler.batch([talk])) for talk in talks])
    close(batch, singles)


@torch.inference_mode()
def test_cached_decoding_is_a_full_forward(family: Family) -> None:
    network, assembler = family.model.network, family.model.assembler
    inputs = assembler.batch(family.built(), left=True)
    batch, length = inputs.ids.shape
    following = torch.randint(20, 200, (batch, 4), generator=torch.Generator().manual_seed(0))
    cache = network.new_cache(batch, length + 4)
    found = [network.prefill(inputs, cache)]
    present, at = inputs.present, furthest(inputs.positions)
    for step in range(3):
        positions = at + 1 + step
        present = None if present is None else nn.functional.pad(present, (0, 1), value=True)
        found.append(network.decode(following[:, step], positions, present, cache))
    for row, talk in enumerate(family.built()):
        for step, scores in enumerate(found):
            longer = Talk(talk.ids + following[row, :step].tolist(), talk.items, [])
            close(scores[row], last_scores(family, assembler.batch([longer]))[0])


@torch.inference_mode()
def test_media_and_their_order_matter(family: Family) -> None:
    taken = FAMILIES.get(family.name).modalities
    first, second = next(pair for modality, pair in PAIRS.items() if modality in taken)
    talks = [[user(first, second, "?")], [user(second, first, "?")]]
    inputs = family.model.assembler.batch([family.model.assembler.talk(talk, ask=True) for talk in talks], left=True)
    scores = last_scores(family, inputs)
    assert not torch.allclose(scores[0], scores[1], atol=1e-6)


@torch.inference_mode()
def test_the_folder_s_name_does_not_matter(family: Family) -> None:
    moved = family.folder.rename(family.folder.with_name("x"))
    name, folder = find(str(moved))
    assert (name, folder) == (family.name, moved)
    again = FAMILIES.resolve(name)(folder)
    talks = family.built()
    inputs = family.model.assembler.batch(talks, left=True)
    scores = again.network.prefill(inputs, again.network.new_cache(*inputs.ids.shape))
    assert torch.equal(scores, last_scores(family, inputs))
    assert [again.assembler.talk(talk, ask=True).ids for talk in family.talks] == [talk.ids for talk in talks]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_same_seed_gives_the_same_answer(family: Family, temperature: float) -> None:
    inputs = family.model.assembler.batch(family.built(), left=True)
    sampling = Sampling(max_tokens=8, temperature=temperature, seed=5)
    first, second = ([*generate(family.model.network, inputs, sampling, stops={1})] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("exact", [True, False])
def test_the_engine_says_what_the_loop_says(family: Family, exact: bool) -> None:
    """Prompts are cut into pieces, and all talks are answered beside each other; twice, the second time from caches."""
    model, prompts = family.model, [family.model.assembler.batch([talk]) for talk in family.built()]
    sampling = Sampling(max_tokens=5)
    with torch.inference_mode():
        encoded = [model.network.encode(prompt) for prompt in prompts]
    loops = [generate(model.network, each, sampling, stops=model.stops, banned=model.banned) for each in encoded]
    expected = [[event.id for (event,) in loop if event is not None] for loop in loops]
    engine = Engine(model, Settings(chunk=24, exact=exact, cache_bytes=1 << 24))
    for _ in range(2):
        handles = [engine.submit(Request(prompt, sampling)) for prompt in prompts]
        assert [[event.id for event in handle] for handle in handles] == expected


def test_text_alone_is_enough(family: Family) -> None:
    inputs = family.model.assembler.batch([family.model.assembler.talk([user("Hello")], ask=True)])
    assert inputs.media == ()
    assert len([*generate(family.model.network, inputs, Sampling(max_tokens=3), stops=())]) == 3


def test_what_users_write_gives_no_placeholder(family: Family) -> None:
    words = " ".join(("<image>", "<|image|>", "<|image_pad|>", "<video>", "<|end|>", "<|im_end|>", "</s>"))
    plain, feigned = (family.model.assembler.talk([user(text)], ask=True) for text in ("Hello", words))
    ends = family.model.stops
    assert feigned.items == []
    assert sum(id_ in ends for id_ in feigned.ids) == sum(id_ in ends for id_ in plain.ids)
