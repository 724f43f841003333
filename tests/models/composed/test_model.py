"""All ways in which modalities meet keep what every network keeps, and their gates can be read."""

from functools import partial

import numpy as np
import pytest
import torch
from tests.models.composed.parts import FUSIONS, make
from torch import Tensor, nn

from sensorium.chat.message import Message, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import EngineError, SpanMismatch
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.composed.aligned import Aligned
from sensorium.models.composed.cache import WeighedCache
from sensorium.models.composed.folder import Model
from sensorium.models.composed.inputs import preparer
from sensorium.models.composed.late import Late
from sensorium.models.composed.middle import Middle, MiddleCache
from sensorium.models.composed.model import Composed
from sensorium.nn.cache import KVCache

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-3)


def image(seed: int = 0, height: int = 40, width: int = 56) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def sound(seed: int = 0, samples: int = 9000) -> AudioClip:
    return AudioClip(np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32))


def film(seed: int = 0) -> VideoClip:
    frames = np.random.default_rng(seed).integers(0, 256, (4, 40, 40, 3), np.uint8)
    return VideoClip(frames, np.arange(4) / 2, 2.0)


TALKS: list[list[Message]] = [
    [user(image(), sound(), film(), "All of them?")],
    [user("Hello")],
    [user(sound(1), "What?"), user(image(1, 64, 32), "And this?")],
    [user(image(2), image(3), "Same or not?")],
]


@pytest.fixture(scope="module", params=FUSIONS)
def model(request: pytest.FixtureRequest, tiny_tokenizer: Tokenizer) -> Model:
    return make(*FUSIONS[request.param], tokenizer=tiny_tokenizer)


@pytest.fixture
def assembler(model: Model, tiny_tokenizer: Tokenizer) -> Assembler:
    return Assembler(tiny_tokenizer, model.config.inputs, item=preparer(model.config).item)


def inputs_of(assembler: Assembler, *talks: list[Message]) -> ModelInputs:
    return assembler.batch([assembler.talk(talk, ask=True) for talk in talks], left=True)


def last_scores(network: Composed, inputs: ModelInputs) -> Tensor:
    return network.prefill(inputs, network.new_cache(*inputs.ids.shape))


def weights_of(network: Composed, inputs: ModelInputs) -> WeighedCache:
    cache = network.new_cache(*inputs.ids.shape)
    network.prefill(inputs, cache)
    assert isinstance(cache, WeighedCache)
    return cache


def test_every_parameter_gets_a_gradient(model: Model, assembler: Assembler) -> None:
    model.network.zero_grad()
    scores = last_scores(model.network, inputs_of(assembler, *TALKS))
    assert scores.isfinite().all()
    (scores * torch.randn_like(scores)).sum().backward()
    parameters = model.network.named_parameters()
    assert [name for name, each in parameters if each.grad is None or not each.grad.any()] == []


@torch.inference_mode()
def test_a_batch_is_its_singles(model: Model, assembler: Assembler) -> None:
    batch = last_scores(model.network, inputs_of(assembler, *TALKS))
    close(batch, torch.cat([last_scores(model.network, inputs_of(assembler, talk)) for talk in TALKS]))


@torch.inference_mode()
def test_decoding_and_further_turns_are_a_full_forward(model: Model, assembler: Assembler) -> None:
    """In pieces: a turn with media, two tokens of an answer, and what follows with further media."""
    network = model.network
    first, second = (inputs_of(assembler, talk) for talk in ([user(image(), sound(), "What?")], TALKS[2]))
    whole = assembler.batch([assembler.talk([user(image(), sound(), "What?"), *TALKS[2]], ask=True)])
    start = first.ids.shape[1] - 1  # without the invitation to answer
    assert whole.ids[0, :start].tolist() == first.ids[0, :start].tolist()
    cache = network.new_cache(1, 200)
    network.prefill(first, cache)
    network.decode(torch.tensor([25]), torch.tensor([start + 1]), None, cache)
    cache.truncate(start)
    cache = cache.grown(256)
    close(network.prefill(whole.after(start), cache), last_scores(network, whole))
    found = network.decode(torch.tensor([25]), torch.tensor([whole.ids.shape[1]]), None, cache)
    longer = assembler.talk([user(image(), sound(), "What?"), *TALKS[2]], ask=True)
    longer.ids.append(25)
    close(found, last_scores(network, assembler.batch([longer])))
    assert len(second.media) == 2


@torch.inference_mode()
def test_what_training_sees_is_what_answering_sees(model: Model, assembler: Assembler) -> None:
    talks = [assembler.talk(talk, ask=True) for talk in TALKS]
    batch = assembler.training_batch(talks).inputs
    hidden = model.network(model.network.encode(batch))
    logits = (model.network.logits if isinstance(model.network, Late) else model.network.language.logits)(hidden)
    for row, talk in enumerate(talks):
        close(logits[row, len(talk.ids) - 1], last_scores(model.network, inputs_of(assembler, TALKS[row]))[0])


@torch.inference_mode()
def test_every_modality_matters_and_so_does_the_order(model: Model, assembler: Assembler) -> None:
    network = model.network
    usual, *others = (
        last_scores(network, inputs_of(assembler, [user(*media, "?")]))
        for media in (
            (image(), sound(), film()),
            (image(1), sound(), film()),
            (image(), sound(1), film()),
            (image(), sound(), film(1)),
        )
    )
    for other in others:
        assert not torch.allclose(usual, other, atol=1e-6)


def test_greedy_answers_do_not_depend_on_the_batch(model: Model, assembler: Assembler) -> None:
    def answers(*talks: list[Message]) -> list[list[int]]:
        steps = list(generate(model.network, inputs_of(assembler, *talks), Sampling(max_tokens=8), stops=()))
        return [[event.id for events in steps if (event := events[row])] for row in range(len(talks))]

    assert answers(*TALKS) == [ids for talk in TALKS for ids in answers(talk)]


@pytest.mark.parametrize("fusion", ["sum", "middle", "late", "gated"])
@torch.inference_mode()
def test_gates_are_read(fusion: str, tiny_tokenizer: Tokenizer) -> None:
    model = make(*FUSIONS[fusion], tokenizer=tiny_tokenizer)
    assembler = Assembler(tiny_tokenizer, model.config.inputs, item=preparer(model.config).item)
    cache = weights_of(model.network, inputs_of(assembler, *TALKS))
    assert cache.modality_weights(1) is None
    full, partly = cache.modality_weights(0), cache.modality_weights(2)
    assert full is not None
    assert partly is not None
    assert list(full) == ["image", "audio", "video"]
    assert min(full.values()) > 0
    assert partly["video"] == 0
    for weights in (full, partly):
        assert sum(weights.values()) == pytest.approx(1)


@pytest.mark.parametrize("fusion", ["tokens", "concat"])
@torch.inference_mode()
def test_where_there_are_no_gates_none_are_read(fusion: str, tiny_tokenizer: Tokenizer) -> None:
    model = make(*FUSIONS[fusion], tokenizer=tiny_tokenizer)
    assembler = Assembler(tiny_tokenizer, model.config.inputs, item=preparer(model.config).item)
    inputs = inputs_of(assembler, TALKS[0])
    cache = model.network.new_cache(*inputs.ids.shape)
    model.network.prefill(inputs, cache)
    assert getattr(cache, "weights", None) is None


@torch.inference_mode()
def test_shut_gates_count_nothing(tiny_tokenizer: Tokenizer) -> None:
    model = make(*FUSIONS["middle"], tokenizer=tiny_tokenizer)
    assembler = Assembler(tiny_tokenizer, model.config.inputs, item=preparer(model.config).item)
    for name, weight in model.network.named_parameters():
        if "_gate." in name:
            weight.zero_()
    assert weights_of(model.network, inputs_of(assembler, TALKS[0])).modality_weights() is None


@torch.inference_mode()
def test_late_answers_of_one_modality_are_those_of_its_view_alone(tiny_tokenizer: Tokenizer) -> None:
    model = make(*FUSIONS["late"], tokenizer=tiny_tokenizer)
    network = model.network
    assert isinstance(network, Late)
    assembler = Assembler(tiny_tokenizer, model.config.inputs, item=preparer(model.config).item)
    picture = inputs_of(assembler, [user(image(), "?")])
    close(last_scores(network, picture), network.language.logits(network.early(picture)[:, -1]).log_softmax(-1))
    both = last_scores(network, inputs_of(assembler, [user(image(), sound(), "?")]))
    close(both.exp().sum(dim=-1), torch.ones(1))


@torch.inference_mode()
def test_aligned_rows_are_those_of_the_latest_media(tiny_tokenizer: Tokenizer) -> None:
    model = make(*FUSIONS["sum"], tokenizer=tiny_tokenizer)
    network = model.network
    assert isinstance(network, Aligned)
    assembler = Assembler(tiny_tokenizer, model.config.inputs, item=preparer(model.config).item)
    inputs = inputs_of(assembler, [user(image(), sound(), image(1), "?")])
    pictures, (heard,) = (batch.rows for batch in network.encode(inputs).media)
    fused, (both,) = (batch.rows for batch in network._fused(inputs, None).media)
    absent = torch.zeros_like(heard)

    def made(picture: Tensor, sounds: Tensor, *, there: tuple[bool, ...]) -> Tensor:
        values: Tensor = network.fuse({"image": picture, "audio": sounds, "video": absent}, torch.tensor(there))[0]
        return values

    close(fused[0], made(pictures[0], absent, there=(True, False, False)))
    close(both, made(pictures[0], heard, there=(True, True, False)))
    close(fused[1], made(pictures[1], heard, there=(True, True, False)))


def test_caches_of_others_and_items_without_tokens_are_refused(tiny_tokenizer: Tokenizer) -> None:
    model = make(*FUSIONS["middle"], tokenizer=tiny_tokenizer)
    network = model.network
    assert isinstance(network, Middle)
    assembler = Assembler(tiny_tokenizer, model.config.inputs, item=preparer(model.config).item)
    inputs = inputs_of(assembler, TALKS[0])
    with pytest.raises(EngineError, match="got a KVCache; expected the MiddleCache that new_cache"):
        network.prefill(inputs, KVCache(network.language.new_cache(1, 64).layers))
    without = ModelInputs(
        inputs.ids, inputs.positions, None, inputs.media, tuple(torch.zeros_like(each) for each in inputs.places)
    )
    with pytest.raises(SpanMismatch, match=r"image: tokens stand for items of texts \[\], but there are .* \[0\]"):
        network(without, None)


def test_a_cache_that_has_grown_is_of_its_kind() -> None:
    cache = make(*FUSIONS["middle"]).network.new_cache(2, 4)
    assert isinstance(cache, MiddleCache)
    grown = cache.grown(9)
    assert isinstance(grown, MiddleCache)
    assert (grown.capacity, cache.capacity, grown.shown) == (9, 4, cache.shown)


def test_parts_of_a_network_are_modules(model: Model) -> None:
    assert isinstance(model.network, nn.Module)
    assert model.network.language.width == 32
