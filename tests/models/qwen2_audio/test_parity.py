"""Qwen2-Audio agrees with the reference implementation on a tiny random checkpoint."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.parity import Pair, check_answers, check_scores, ours, written
from tests.models.qwen2_audio.reference import SECONDS, tune, write

import sensorium.models.nano
from sensorium.chat.message import Message, Text, assistant, user
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.media.load import load_media
from sensorium.media.types import SAMPLE_RATE, AudioClip
from sensorium.models.qwen2_audio.answerer import load
from sensorium.models.qwen2_audio.config import read_config
from sensorium.models.qwen2_audio.inputs import TEMPLATE
from sensorium.models.qwen2_audio.rules import rules
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import save_checkpoint
from sensorium.weights.store import save_weights

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions

SAMPLES = Path(sensorium.models.nano.__path__[0]) / "samples"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = write(folder)
    return Pair(folder, model, processor, load(folder))


def noise(samples: int, seed: int = 0) -> AudioClip:
    return AudioClip(np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32))


def recording(name: str, begin: int = 0) -> AudioClip:
    """As much of a real recording as the model hears."""
    clip = load_media(SAMPLES / name)
    assert isinstance(clip, AudioClip)
    return AudioClip(clip.samples[begin : begin + SECONDS * SAMPLE_RATE])


TALKS: dict[str, list[Message]] = {
    "text": [user("What is this?")],
    "system": [Message("system", (Text("You are a system."),)), user("What?")],
    "one": [user(AudioClip(tune(9000)), "What is this?")],
    "spoken": [user(recording("seven.wav"), "What is this?")],
    "animal": [user("Is", recording("rooster.flac", 8000), "this?")],
    "least": [user(noise(321), "What?")],
    "odd": [user(noise(7 * 320 + 161), "What?")],
    "even": [user(noise(8 * 320), "What?")],
    "whole": [user(noise(16_000), "What is this?")],
    "almost": [user(noise(15_680), "What is this?")],
    "silent": [user(AudioClip(np.zeros(4000, np.float32)), "What is this?")],
    "loud": [user(AudioClip(np.where(np.arange(5000) % 40 < 20, 1, -1).astype(np.float32)), "What?")],
    "two": [user(noise(12_000), AudioClip(tune(700)), "Which is the first?")],
    "turns": [user(noise(4000), "What?"), assistant("A tone."), user(AudioClip(tune(16_000)), "And the second?")],
}


def theirs(pair: Pair, talks: list[list[Message]]) -> Any:
    """What the reference's processor makes of talks."""
    texts = written(pair, talks)
    sounds = [part.samples for talk in talks for said in talk for part in said.media if isinstance(part, AudioClip)]
    return pair.processor(
        text=texts, audio=sounds or None, padding=True, return_tensors="pt", sampling_rate=SAMPLE_RATE
    )


@pytest.mark.parametrize("name", TALKS)
def test_ids_and_spectrograms_are_those_of_the_reference(pair: Pair, name: str) -> None:
    expected, got = theirs(pair, [TALKS[name]]), ours(pair, [TALKS[name]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    features = got.media[0].features if got.media else ()
    assert len(features) == len(expected.get("input_features", ()))
    for mine, other, there in zip(
        features, expected.get("input_features", ()), expected.get("feature_attention_mask", ()), strict=True
    ):
        assert mine.shape[1] >= int(there.sum())  # all that is sound, and perhaps a frame of what follows
        torch.testing.assert_close(mine, other[:, : mine.shape[1]], atol=1e-5, rtol=0)


def test_rows_of_sounds_are_those_of_the_reference(pair: Pair) -> None:
    names = [name for name in TALKS if name not in ("text", "system")]
    asked, inputs = theirs(pair, [TALKS[name] for name in names]), ours(pair, [TALKS[name] for name in names])
    with torch.inference_mode():
        embeds = pair.model.get_input_embeddings()(asked["input_ids"])
        seen: list[torch.Tensor] = []
        hook = pair.model.model.language_model.register_forward_pre_hook(
            lambda _, __, given: seen.append(given["inputs_embeds"]), with_kwargs=True
        )
        pair.model(**asked)
        hook.remove()
        found = torch.cat(pair.ours.network.encode(inputs).media[0].rows)
    assert not torch.equal(seen[0], embeds)
    torch.testing.assert_close(found, seen[0][inputs.places[0]], atol=1e-4, rtol=1e-4)


def test_logits_of_a_batch_are_those_of_the_reference(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "least", "whole", "odd", "turns")]
    check_scores(pair, ours(pair, talks), theirs(pair, talks))


def test_answers_are_those_of_the_reference_token_for_token(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "text", "two", "turns")]
    got = check_answers(pair, ours(pair, talks), theirs(pair, talks))
    assert len({tuple(answer) for answer in got}) == len(talks)


def test_a_batch_is_its_talks_one_by_one(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "least", "two")]
    network, batch = pair.ours.network, ours(pair, talks)
    with torch.inference_mode():
        together = network.prefill(batch, network.new_cache(*batch.ids.shape))
        for row, talk in enumerate(talks):
            alone = ours(pair, [talk])
            found = network.prefill(alone, network.new_cache(*alone.ids.shape))[0]
            torch.testing.assert_close(together[row], found, atol=1e-4, rtol=1e-4)


def test_what_is_written_loads_in_the_reference(pair: Pair, tmp_path: Path) -> None:
    config = read_json(pair.folder / "config.json")
    network = pair.ours.network
    assert isinstance(network, torch.nn.Module)
    save_checkpoint(tmp_path, network, rules(read_config(config)), dtype=None, config=config)
    assert {name.split(".")[0] for name in Checkpoint.open(tmp_path).names} == {
        *("language_model", "audio_tower", "multi_modal_projector"),
    }
    again = type(pair.model).from_pretrained(tmp_path).eval()
    for name, weight in pair.model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
    asked = theirs(pair, [TALKS["odd"]])
    with torch.inference_mode():
        assert torch.equal(again(**asked).logits, pair.model(**asked).logits)


def test_names_of_the_newer_modules_are_read(pair: Pair, tmp_path: Path) -> None:
    for file in pair.folder.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    save_weights(tmp_path / "model.safetensors", pair.model.state_dict(), dtype=None)
    assert "lm_head.weight" in Checkpoint.open(tmp_path).names
    again, network = load(tmp_path).network, pair.ours.network
    assert isinstance(again, torch.nn.Module)
    assert isinstance(network, torch.nn.Module)
    found = again.state_dict()
    assert all(torch.equal(found[name], weight) for name, weight in network.state_dict().items())


def test_our_chat_template_writes_what_the_reference_s_does(pair: Pair, tmp_path: Path) -> None:
    for file in pair.folder.iterdir():
        if file.name != "chat_template.jinja":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert (pair.folder / "chat_template.jinja").is_file()
    bare = load(tmp_path)
    assert isinstance(bare.assembler, TemplatedAssembler)
    assert bare.assembler.template.source == TEMPLATE
    for name, talk in TALKS.items():
        assert bare.assembler.talk(talk, ask=True).ids == pair.ours.assembler.talk(talk, ask=True).ids, name
