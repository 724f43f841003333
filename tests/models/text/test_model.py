"""A language model alone: a folder is read strictly whatever its name, media are refused, batches are their singles."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from sensorium.core.errors import CheckpointError, UnsupportedMedia
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import MediaBatch, ModelInputs
from sensorium.models.text.config import read_config
from sensorium.models.text.model import TextModel, build, key_map, load
from sensorium.weights.loading import save_checkpoint

CONFIG = {
    "model_type": "qwen3",
    "vocab_size": 60,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "tie_word_embeddings": True,
}


@pytest.fixture
def model() -> TextModel:
    torch.manual_seed(0)
    return build(read_config(CONFIG)).eval()


@pytest.fixture
def folder(tmp_path: Path, model: TextModel) -> Path:
    save_checkpoint(tmp_path / "x", model, key_map(read_config(CONFIG)), dtype=None, config=CONFIG)
    return tmp_path / "x"


def prompts(*lengths: int) -> ModelInputs:
    """Random prompts, padded on the left."""
    longest = max(lengths)
    ids = torch.randint(0, 60, (len(lengths), longest), generator=torch.Generator().manual_seed(1))
    present = torch.arange(longest) >= longest - torch.tensor(lengths).unsqueeze(1)
    positions = (present.cumsum(dim=1) - 1).clamp(min=0)
    return ModelInputs(ids, positions, None if bool(present.all()) else present, (), ())


def test_what_is_read_is_what_was_written(folder: Path, model: TextModel) -> None:
    loaded = load(folder)
    assert not loaded.training
    assert all(torch.equal(loaded.state_dict()[name], value) for name, value in model.state_dict().items())
    assert load(folder, dtype=torch.bfloat16).language.embedding.weight.dtype == torch.bfloat16


def test_answers_of_a_batch_are_those_of_its_singles(model: TextModel) -> None:
    inputs, sampling = prompts(7, 3), Sampling(max_tokens=6)
    both = [[event.id for event in events if event] for events in generate(model, inputs, sampling, stops=())]
    for row, length in enumerate((7, 3)):
        cut = slice(7 - length, None)
        alone = ModelInputs(inputs.ids[row : row + 1, cut], torch.arange(length).unsqueeze(0), None, (), ())
        events = [event for (event,) in generate(model, alone, sampling, stops=())]
        assert [event.id for event in events if event] == [ids[row] for ids in both]


def test_media_are_refused(model: TextModel) -> None:
    inputs = replace(prompts(3), media=(MediaBatch("image", (), ()),), places=(torch.zeros(1, 3).bool(),))
    with pytest.raises(UnsupportedMedia, match="got image; this model takes text only"):
        model.encode(inputs)
    assert model.encode(prompts(3)).ids.shape == (1, 3)


def edit(**keys: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | keys))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (edit(model_type="bert"), r"config\.json: model_type is 'bert'"),
        (edit(num_key_value_heads=3), "4 heads cannot share 3 key/value heads"),
        (edit(num_hidden_layers=3), r"language\.blocks\.2\..* is missing|model\.layers\.2\..* is missing"),
        (edit(num_hidden_layers=1), r"model\.layers\.1\..* is not a part of this model"),
        (edit(intermediate_size=50), r"gate_proj.*\[48, 32\]"),
        (edit(model_type="qwen2"), r"q_proj\.bias is missing"),
        (edit(tie_word_embeddings=False), r"lm_head\.weight is missing"),
        (lambda folder: (folder / "model.safetensors").unlink(), "got no weights"),
        (lambda folder: (folder / "config.json").unlink(), r"config\.json: not a readable JSON file"),
    ],
)
def test_folders_that_do_not_fit_are_refused(folder: Path, change: Callable[[Path], None], message: str) -> None:
    change(folder)
    with pytest.raises(CheckpointError, match=message):
        load(folder)
