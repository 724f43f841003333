"""Whole folders: the same tokens as the reference's `generate`, the way back, and what is refused by name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.whisper.reference import NO_TIMESTAMPS, whisper_folder

from sensorium.core.errors import CheckpointError
from sensorium.inputs.mel import log_mel
from sensorium.media.types import AudioClip
from sensorium.models.whisper.config import read_config
from sensorium.models.whisper.decode import Guards, WindowDecoder, language_chances
from sensorium.models.whisper.grammar import Grammar
from sensorium.models.whisper.load import load, save
from sensorium.models.whisper.model import WhisperNetwork
from sensorium.models.whisper.transcribe import Options, Whisper, detect_language, transcribe
from sensorium.weights.checkpoint import read_json

pytest.importorskip("transformers")


def noise(seconds: float = 1.0, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(seed).normal(0, 0.1, int(16_000 * seconds)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whisper")


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Any:
    return whisper_folder(folder)


@pytest.fixture(scope="module")
def model(theirs: Any, folder: Path) -> Whisper:
    return load(folder)


@pytest.fixture
def broken(theirs: Any, folder: Path, tmp_path: Path) -> Path:
    """A copy to be spoiled."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def answer(model: Whisper, language: str, task: Any, *, timestamps: bool, seed: int) -> list[int]:
    """The ids of one window, greedily."""
    with torch.inference_mode():
        heard = model.network.hear(log_mel(noise(seed=seed), model.mel)[0].unsqueeze(0))
        window = WindowDecoder(
            model.network,
            heard,
            model.tokens.prompt(language, task, timestamps=timestamps),
            tokens=model.tokens,
            grammar=Grammar(model.tokens, timestamps=timestamps),
            generator=torch.Generator(),
            max_tokens=40,
        )
        return list(window.attempt(0.0).ids)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("timestamps", [False, True])
def test_greedy_tokens_are_those_of_the_reference(theirs: Any, model: Whisper, timestamps: bool, seed: int) -> None:
    mel = log_mel(noise(seed=seed), model.mel)[0].unsqueeze(0)
    expected = theirs.generate(
        mel,
        language="de",
        task="translate",
        return_timestamps=timestamps,
        max_new_tokens=40,
        return_dict_in_generate=True,
        force_unique_generate_call=True,
    ).sequences[0]
    prompt = model.tokens.prompt("de", "translate", timestamps=timestamps)
    assert expected[: len(prompt)].tolist() == prompt
    wanted = [id_ for id_ in expected[len(prompt) :].tolist() if id_ != model.tokens.end]
    assert answer(model, "de", "translate", timestamps=timestamps, seed=seed) == wanted
    assert len(set(wanted)) > 4
    assert not timestamps or wanted[0] > NO_TIMESTAMPS


def test_languages_are_detected_as_by_the_reference(theirs: Any, model: Whisper) -> None:
    for seed in range(3):
        mel = log_mel(noise(seed=seed), model.mel)[0].unsqueeze(0)
        (expected,) = theirs.detect_language(mel).tolist()
        with torch.no_grad():
            logits = theirs(mel, decoder_input_ids=torch.tensor([[model.tokens.start]])).logits[0, 0]
        ids = torch.tensor(list(model.tokens.languages.values()))
        found = detect_language(model, AudioClip(noise(seed=seed)))
        assert model.tokens.languages[next(iter(found))] == expected
        assert [found[code] for code in model.tokens.languages] == pytest.approx(logits[ids].softmax(0).tolist())
        assert list(found.values()) == sorted(found.values(), reverse=True)
        assert found == language_chances(model.network, model.network.hear(mel), model.tokens)


def test_a_whole_file_of_several_windows(model: Whisper) -> None:
    seen: list[tuple[float, float | None]] = []
    clip = AudioClip(noise(2.5))
    how = Options(Guards(temperatures=(0.0,), no_speech=None))
    found = transcribe(model, clip, word_times=True, progress=lambda *at: seen.append(at), options=how).transcript()
    pieces = (AudioClip(part) for part in np.array_split(clip.samples, 7))
    assert transcribe(model, pieces, word_times=True, options=how).transcript() == found
    assert found.segments
    assert found.language in model.tokens.languages
    assert found.seconds == 2.5
    assert seen[0] == (0.0, 2.5)
    assert seen[-1] == (2.5, 2.5)
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    for segment in found.segments:
        assert 0.0 <= segment.start < segment.end <= 2.5
        assert all(segment.start <= word.start <= word.end <= segment.end for word in segment.words)
        assert all(0.0 < word.probability < 1.0 for word in segment.words)


def test_the_same_seed_gives_the_same_text(model: Whisper) -> None:
    def text(seed: int) -> str:
        how = Options(Guards(temperatures=(0.8,), no_speech=None), seed=seed)
        return transcribe(model, AudioClip(noise(0.5)), options=how).transcript().text

    assert text(3) == text(3)
    assert text(3) != text(4)


def test_half_the_precision_changes_little(model: Whisper, folder: Path) -> None:
    half = load(folder, dtype=torch.bfloat16)
    clip = AudioClip(noise())
    found, exact = detect_language(half, clip), detect_language(model, clip)
    assert found == pytest.approx(exact, abs=0.1)
    transcribe(half, clip, word_times=True, options=Options(Guards((0.0,)))).transcript()


def test_export_back(theirs: Any, model: Whisper, folder: Path, tmp_path: Path) -> None:
    import transformers

    assert isinstance(model.network, WhisperNetwork)
    config = read_config(read_json(folder / "config.json"))
    save(tmp_path / "out", model.network, config, model.tokens)
    again = transformers.WhisperForConditionalGeneration.from_pretrained(tmp_path / "out")
    mel = log_mel(noise(), model.mel)[0].unsqueeze(0)
    ids = torch.tensor([[41, 42, 46, 50, 7, 9]])
    with torch.no_grad():
        assert torch.equal(again(mel, decoder_input_ids=ids).logits, theirs(mel, decoder_input_ids=ids).logits)
    asked = {"language": "de", "return_timestamps": True, "max_new_tokens": 20}
    assert torch.equal(again.generate(mel, **asked), theirs.generate(mel, **asked))
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(tmp_path / "out")
    assert torch.equal(extractor(noise(), sampling_rate=16_000, return_tensors="pt").input_features, mel)
    shutil.copy(folder / "tokenizer.json", tmp_path / "out")
    assert load(tmp_path / "out").tokens == model.tokens


def edit(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", lambda it: it.update(model_type="bert"), r"model_type is 'bert'; expected whisper"),
        ("config.json", lambda it: it.update(d_model=33), r"hidden_size 33 and num_attention_heads 4"),
        ("config.json", lambda it: it.update(new_trick=1), r"unknown key 'new_trick'"),
        ("config.json", lambda it: it.update(encoder_layers=3), r"model\.encoder\.layers\.2\.fc1\.weight is missing"),
        ("config.json", lambda it: it.update(tie_word_embeddings=False), r"tie_word_embeddings false; expected true"),
        ("config.json", lambda it: it.update(median_filter_width=4), r"median_filter_width 4; expected an odd"),
        ("preprocessor_config.json", lambda it: it.update(feature_size=128), r"feature_size is 128; expected 80"),
        ("preprocessor_config.json", lambda it: it.update(hop_length=100), r"hop_length is 100; expected 160"),
        ("generation_config.json", lambda it: it.pop("no_timestamps_token_id"), r"no_timestamps_token_id is None"),
        ("generation_config.json", lambda it: it.update(eos_token_id=500), r"eos_token_id is 500; expected ids below"),
        ("generation_config.json", lambda it: it.update(lang_to_id=7), r"lang_to_id is 7; expected a table of ids"),
        ("generation_config.json", lambda it: it.update(alignment_heads=[[3, 0]]), r"layer \(below 3\) and head"),
        ("generation_config.json", lambda it: it.update(alignment_heads="all"), r"alignment_heads is 'all'"),
    ],
)
def test_what_does_not_fit_is_named(
    broken: Path, name: str, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    edit(broken, name, change)
    with pytest.raises(CheckpointError, match=message):
        load(broken)


def test_settings_for_sound_as_newer_versions_write_them(broken: Path) -> None:
    settings = read_json(broken / "preprocessor_config.json")
    (broken / "preprocessor_config.json").unlink()
    assert load(broken).mel.frames == 100
    (broken / "processor_config.json").write_text(json.dumps({"feature_extractor": settings | {"n_fft": 512}}))
    with pytest.raises(CheckpointError, match=r"processor_config\.json: n_fft is 512; expected 400"):
        load(broken)


def test_a_folder_without_its_special_tokens(broken: Path) -> None:
    (broken / "generation_config.json").unlink()
    with pytest.raises(CheckpointError, match=r"has no generation_config\.json, which says what the special tokens"):
        load(broken)
