"""The network of Whisper equals the reference's: rows, scores, looks; cached and whole, batch and singles; names."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.models.whisper.reference import mels, ours, whisper

from sensorium.core.errors import CheckpointError, EngineError
from sensorium.models.whisper.model import WhisperNetwork

pytest.importorskip("transformers")

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)
IDS = torch.tensor([[41, 42, 46, 50, 7, 9, 30, 11], [41, 44, 45, 51, 3, 3, 60, 60]])


@pytest.fixture
def theirs(tmp_path: Path) -> Any:
    model = whisper()
    model.save_pretrained(tmp_path)
    return model


@pytest.fixture
def network(theirs: Any, tmp_path: Path) -> WhisperNetwork:
    return ours(tmp_path)


def test_rows_and_scores_are_those_of_the_reference(theirs: Any, network: WhisperNetwork) -> None:
    with torch.no_grad():
        close(network.encoder(mels(2)), theirs.model.encoder(mels(2)).last_hidden_state)
        expected = theirs(input_features=mels(2), decoder_input_ids=IDS).logits
        found = network.logits(network(IDS, network.hear(mels(2))))
    close(found, expected)
    assert float(expected.std()) > 1.0  # else everything would be equal


def test_cached_is_whole_and_a_batch_is_its_singles(network: WhisperNetwork) -> None:
    with torch.no_grad():
        heard = network.hear(mels(2))
        whole = network(IDS, heard)
        cache = network.new_cache(2)
        steps = [network(part, heard, cache=cache) for part in IDS.split((4, 1, 2, 1), dim=1)]
        alone = [network(IDS[i : i + 1], network.hear(mels(2)[i : i + 1])) for i in range(2)]
    close(torch.cat(steps, dim=1), whole)
    close(torch.cat(alone), whole)


def test_looks_are_the_cross_attention_of_the_reference(theirs: Any, network: WhisperNetwork) -> None:
    theirs.config._attn_implementation = "eager"
    looks: dict[int, list[torch.Tensor]] = {0: [], 2: []}
    with torch.no_grad():
        expected = theirs(input_features=mels(2), decoder_input_ids=IDS, output_attentions=True).cross_attentions
        network(IDS, network.hear(mels(2)), looks=looks)
    for layer, (scores,) in looks.items():
        close(scores.softmax(dim=-1), expected[layer])


def test_other_sizes_and_activations(tmp_path: Path) -> None:
    model = whisper(num_mel_bins=128, encoder_layers=1, decoder_layers=1, d_model=24, activation_function="relu")
    model.save_pretrained(tmp_path)
    network, mel = ours(tmp_path), torch.randn(1, 128, 100)
    with torch.no_grad():
        close(network.logits(network(IDS[:1], network.hear(mel))), model(mel, decoder_input_ids=IDS[:1]).logits)


@pytest.mark.parametrize("form", ["with head", "bare"])
def test_other_forms_of_the_names(network: WhisperNetwork, tmp_path: Path, form: str) -> None:
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    if form == "with head":
        tensors["proj_out.weight"] = tensors["model.decoder.embed_tokens.weight"].clone()
    else:
        tensors = {name.removeprefix("model."): each for name, each in tensors.items()}
    save_file(tensors, file)
    again = ours(tmp_path).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in network.state_dict().items())


def test_a_head_of_its_own_is_refused(network: WhisperNetwork, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    tensors["proj_out.weight"] = tensors["model.decoder.embed_tokens.weight"] + 1
    save_file(tensors, file)
    with pytest.raises(CheckpointError, match=r"proj_out\.weight and model\.decoder\.embed_tokens\.weight differ"):
        ours(tmp_path)


def test_more_tokens_or_frames_than_fit(network: WhisperNetwork) -> None:
    with pytest.raises(EngineError, match=r"mel: got 99 frames; the encoder takes 100\. Pad or cut"):
        network.hear(mels(1)[:, :, :99])
    with torch.no_grad(), pytest.raises(EngineError, match="65 tokens; the decoder takes at most 64"):
        network(torch.zeros(1, 65, dtype=torch.int64), network.hear(mels(1)))
