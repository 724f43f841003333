"""Whole folders: the same letters as the reference's pipeline of parts, the way back, and what is refused by name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.wav2vec2.reference import BASE, LARGE, noise, wav2vec2_folder

from sensorium.core.errors import CheckpointError
from sensorium.media.types import AudioClip
from sensorium.models.wav2vec2.config import read_config
from sensorium.models.wav2vec2.inputs import normed
from sensorium.models.wav2vec2.load import load, save
from sensorium.models.wav2vec2.model import CtcNetwork
from sensorium.models.wav2vec2.transcribe import Chunks, Wav2Vec2, transcribe
from sensorium.weights.checkpoint import read_json

pytest.importorskip("transformers")


@pytest.fixture(scope="module", params=[BASE, LARGE], ids=["base", "large"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("wav2vec2")
    return folder, wav2vec2_folder(folder, request.param)


@pytest.fixture(scope="module")
def model(made: tuple[Path, Any]) -> Wav2Vec2:
    return load(made[0])


@pytest.mark.parametrize("seed", range(3))
def test_text_and_words_are_those_of_the_reference(made: tuple[Path, Any], model: Wav2Vec2, seed: int) -> None:
    import transformers

    folder, theirs = made
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(folder)
    tokenizer = transformers.Wav2Vec2CTCTokenizer.from_pretrained(folder)
    sound = noise(4.0, seed)
    prepared = extractor(sound, sampling_rate=16_000, return_tensors="pt").input_values
    np.testing.assert_allclose(normed(sound), prepared[0].numpy(), atol=1e-5)
    with torch.no_grad():
        logits = theirs(prepared).logits[0]
    logits[:, 1:4] = -torch.inf  # marks are never written by ours
    expected = tokenizer.decode(logits.argmax(-1), output_word_offsets=True)
    found = transcribe(model, AudioClip(sound)).transcript()
    assert [word.text.strip() for segment in found.segments for word in segment.words] == expected.text.split()
    spoken = [each for each in expected.word_offsets if each["word"].strip()]
    times = [(word.start, word.end) for segment in found.segments for word in segment.words]
    assert times == [(round(each["start_offset"] * 0.02, 3), round(each["end_offset"] * 0.02, 3)) for each in spoken]
    assert len(set(found.text)) > 3


def test_long_sounds_in_chunks(model: Wav2Vec2) -> None:
    found = transcribe(model, AudioClip(noise(6.0)), chunks=Chunks(2.0, 0.5)).transcript()
    assert found.seconds == 6.0
    ends = [edge for segment in found.segments for word in segment.words for edge in (word.start, word.end)]
    assert ends == sorted(ends)
    assert ends[-1] > 5.0


def test_half_the_precision_gives_nearly_the_same(made: tuple[Path, Any], model: Wav2Vec2) -> None:
    half = load(made[0], dtype=torch.bfloat16)
    samples = torch.from_numpy(normed(noise(1.0))).unsqueeze(0)
    with torch.no_grad():
        found, exact = half.network(samples), model.network(samples)
    assert found.dtype == torch.bfloat16
    assert float((found.float() - exact).abs().mean()) < 0.1 * float(exact.std())
    transcribe(half, AudioClip(noise(1.0))).transcript()


def test_export_back(made: tuple[Path, Any], model: Wav2Vec2, tmp_path: Path) -> None:
    import transformers

    folder, theirs = made
    assert isinstance(model.network, CtcNetwork)
    save(tmp_path, model.network, read_config(read_json(folder / "config.json")), norm=True)
    for name in ("vocab.json", "tokenizer_config.json"):
        shutil.copy(folder / name, tmp_path)
    again = transformers.Wav2Vec2ForCTC.from_pretrained(tmp_path)
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(tmp_path)
    prepared = extractor(noise(1.0), sampling_rate=16_000, return_tensors="pt").input_values
    with torch.no_grad():
        assert torch.equal(again(prepared).logits, theirs(prepared).logits)
    assert load(tmp_path).letters == model.letters


def test_letters(model: Wav2Vec2) -> None:
    assert model.letters.blank == 0
    assert model.letters.text[4] == " "
    assert "".join(model.letters.text[id_] for id_ in range(4, 17)) == " ETAONIHSRDL'"
    assert model.norm


Change = Callable[[dict[str, Any]], object]


def edit(folder: Path, name: str, change: Change) -> None:
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", lambda it: it.update(model_type="hubert"), r"model_type is 'hubert'; expected wav2vec2"),
        ("config.json", lambda it: it.update(add_adapter=True), r"has adapters .*not supported"),
        ("config.json", lambda it: it.update(num_attention_heads=5), r"hidden_size 24 and num_attention_heads 5"),
        ("config.json", lambda it: it.update(feat_extract_norm="batch"), r"feat_extract_norm 'batch'; expected one of"),
        ("config.json", lambda it: it.update(conv_dim=[16]), r"1 conv_dim, 7 conv_stride and 7 conv_kernel"),
        ("config.json", lambda it: it.update(num_conv_pos_embedding_groups=5), r"num_conv_pos_embedding_groups 5"),
        ("config.json", lambda it: it.update(new_trick=1), r"unknown key 'new_trick'"),
        ("config.json", lambda it: it.update(num_hidden_layers=3), r"layers\.2\.attention\.k_proj\.weight is missing"),
        (
            "preprocessor_config.json",
            lambda it: it.update(sampling_rate=8000),
            r"sampling_rate is 8000; expected",
        ),
        ("vocab.json", lambda it: it.update(Z=99), r"'Z' is 99; expected an id below 17"),
        ("vocab.json", lambda it: it.pop("<pad>"), r"has no '<pad>', the blank"),
        ("vocab.json", lambda it: it.update(deu={"A": 1}), r"letters of several languages"),
    ],
)
def test_what_does_not_fit_is_named(
    made: tuple[Path, Any], tmp_path: Path, name: str, change: Change, message: str
) -> None:
    broken = Path(shutil.copytree(made[0], tmp_path / "copy"))
    edit(broken, name, change)
    with pytest.raises(CheckpointError, match=message):
        load(broken)


def test_letters_of_other_names(made: tuple[Path, Any], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made[0], tmp_path / "copy"))
    edit(folder, "vocab.json", lambda it: it.update({"[PAD]": it.pop("<pad>"), "_": it.pop("|"), "|": 3}))
    edit(folder, "vocab.json", lambda it: it.pop("<unk>"))
    settings = {"pad_token": {"content": "[PAD]"}, "word_delimiter_token": "_", "do_lower_case": True}
    edit(folder, "tokenizer_config.json", lambda it: it.update(settings))
    edit(folder, "preprocessor_config.json", lambda it: it.update(do_normalize=False))
    model = load(folder)
    assert model.letters.blank == 0
    assert (model.letters.text[4], model.letters.text[3], model.letters.text[5]) == (" ", "|", "e")
    assert not model.norm
