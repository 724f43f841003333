"""A composed model in a folder: it stands alone, comes back as it was, and is asked like any other."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.composed.parts import FUSIONS, make, read, write

import sensorium
from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import CheckpointError, ConfigError, UnsupportedMedia
from sensorium.core.files import MANIFEST
from sensorium.media.types import AudioClip, Image
from sensorium.models.composed.answerer import load as load_answerer
from sensorium.models.composed.folder import load, save
from sensorium.models.composed.model import build
from sensorium.models.nano.folder import seal
from sensorium.runtime.answering import Held
from sensorium.runtime.local import LocalChat


def picture() -> Image:
    return Image(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))


def sound() -> AudioClip:
    return AudioClip(np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32))


@pytest.mark.parametrize("fusion", FUSIONS)
def test_there_and_back(tmp_path: Path, fusion: str) -> None:
    model = make(*FUSIONS[fusion])
    save(tmp_path, model)
    again = load(tmp_path)
    assert again.config == model.config
    assert again.words == model.words
    weights = model.network.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in again.network.state_dict().items())


@pytest.mark.parametrize("fusion", FUSIONS)
def test_it_is_asked(tmp_path: Path, fusion: str) -> None:
    answer = sensorium.load(str(write(tmp_path / "model", fusion))).ask("What is this?", picture(), max_tokens=4)
    assert answer.usage.completion_tokens == 4
    if fusion in ("tokens", "mlp", "concat"):
        assert answer.modality_weights is None
    else:
        assert answer.modality_weights == {"image": 1.0, "audio": 0.0, "video": 0.0}


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_talk_goes_on_as_if_it_began_anew(tmp_path: Path, fusion: str) -> None:
    model = sensorium.load(str(write(tmp_path / "model", fusion)))
    chat, again = model.chat(), model.chat()
    for question, files in (("What?", [picture()]), ("And this?", [sound()]), ("Same?", [])):
        going_on = chat.send(question, *files, max_tokens=4)
        assert isinstance(again, LocalChat)
        again._held = Held()  # nothing is remembered but what was said
        anew = again.send(question, *files, max_tokens=4)
        assert going_on.text == anew.text
        if going_on.modality_weights is not None:
            assert going_on.modality_weights == pytest.approx(anew.modality_weights, abs=1e-4)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_parts_have_the_names_that_they_have_in_every_network(fusion: str) -> None:
    names = [name for name, _ in make(*FUSIONS[fusion]).network.named_parameters()]
    assert {name.split(".")[0] for name in names} - {"looking", "join", "fuse"} == {"readers", "language"}
    assert len(names) == len(set(names))


def test_other_weights_in_another_type(tmp_path: Path) -> None:
    model = make()
    halved = {name: value / 2 for name, value in model.network.state_dict().items()}
    save(tmp_path, model, halved, dtype=torch.float16)
    found = load(tmp_path).network.language.embedding.weight
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, model.network.language.embedding.weight / 2, atol=1e-2, rtol=1e-2)


def test_written_again_it_is_whole_again(tmp_path: Path) -> None:
    save(tmp_path, make())
    (tmp_path / "card.md").write_text("A card.")
    save(tmp_path, make(seed=1))
    assert "card.md" in json.loads((tmp_path / MANIFEST).read_text())["files"]
    load(tmp_path)


def edit(folder: Path, name: str, **changes: Any) -> None:
    data = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(data | changes))
    seal(folder)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("config.json", {"model_type": "nano"}, "model_type is not 'composed'"),
        ("config.json", {"depth": 3}, "unknown key 'depth'"),
        ("config.json", {"language": {"checkpoint": "a/b"}}, "language: is the checkpoint 'a/b', which has not been"),
        ("config.json", {"language": {"sizes": {"vocabulary": 310, "width": 32}}}, r"do not agree: language\."),
        ("inputs.json", {"image": {"multiple": 20}}, "image.multiple is 20"),
    ],
)
def test_files_that_do_not_fit_are_the_folder_s_fault(
    tmp_path: Path, name: str, changes: dict[str, Any], message: str
) -> None:
    folder = write(tmp_path / "model")
    edit(folder, name, **changes)
    with pytest.raises(CheckpointError, match=message):
        load_answerer(folder)


def test_a_file_that_was_altered(tmp_path: Path) -> None:
    folder = write(tmp_path / "model")
    (folder / "inputs.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"inputs\.json"):
        load(folder)


def test_a_tokenizer_of_another_model(tmp_path: Path) -> None:
    folder = write(tmp_path / "model")
    letters = np.random.default_rng(0).integers(97, 123, (200, 6))
    texts = ["".join(map(chr, word)) for word in letters] * 3
    words = Tokenizer.train(texts, vocabulary=400, special=SPECIAL_TOKENS)
    (folder / "tokenizer.json").write_text(words.to_json())
    seal(folder)
    with pytest.raises(CheckpointError, match=f"the tokenizer has {words.vocabulary} ids, the model only 300"):
        load_answerer(folder)


def test_media_without_an_encoder_are_refused(tmp_path: Path) -> None:
    only = "encoders={audio: {kind: mel, sizes: {width: 16, layers: 1, heads: 2, hidden: 24, stem: [4, 4, 8]}}}"
    save(tmp_path, make(only, "connectors={}"))
    with pytest.raises(UnsupportedMedia, match="this model takes audio, not image"):
        sensorium.load(str(tmp_path)).ask("What?", picture())


def test_what_was_not_composed_cannot_be_built() -> None:
    with pytest.raises(ConfigError, match=r"has not been read; expected sizes\. Write the model's folder first"):
        build(read("language={checkpoint: a/b}"))
