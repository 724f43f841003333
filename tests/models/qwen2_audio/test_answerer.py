"""Folders as users have them: asked by command and in a talk, and those whose files do not belong together.

Written without the reference.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.qwen2_audio.reference import CONFIG, SPECIAL, inner_tokenizer, random_weight, tune

from sensorium.chat.message import user
from sensorium.cli.main import main
from sensorium.core.errors import CheckpointError, LimitExceeded, UnsupportedMedia
from sensorium.media.encode import encode_audio
from sensorium.media.types import AudioClip, VideoClip
from sensorium.models.qwen2_audio.answerer import load
from sensorium.models.qwen2_audio.config import read_config
from sensorium.models.qwen2_audio.model import build
from sensorium.models.qwen2_audio.rules import rules
from sensorium.runtime.load import load as load_model
from sensorium.weights.loading import save_checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    config = read_config(CONFIG)
    network = build(config).requires_grad_(False)
    for name, view in rules(config).write(network.state_dict()).items():
        view.copy_(random_weight(name, tuple(view.shape)))
    save_checkpoint(made, network, rules(config), dtype=None, config=CONFIG)
    tokenizer = inner_tokenizer()
    tokenizer.save(str(made / "tokenizer.json"))
    write(made, "tokenizer_config", {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"})
    write(made, "generation_config", {"eos_token_id": [0, 2]})
    return made


def write(folder: Path, name: str, data: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(data))


def sound(samples: int, pitch: float = 300.0) -> AudioClip:
    return AudioClip(tune(samples, pitch), source="a.wav")


def test_what_ends_an_answer_and_what_it_may_not_hold(folder: Path) -> None:
    found = load(folder)
    assert (set(found.stops), found.max_tokens, found.longest_sound) == ({0, 2}, 1024, 1.0)
    assert {SPECIAL[id_] for id_ in found.banned} == {"<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"}


def test_a_type_can_be_asked_for(folder: Path) -> None:
    model = load(folder, dtype=torch.bfloat16)
    assert isinstance(model.network, torch.nn.Module)
    assert {each.dtype for each in model.network.parameters()} == {torch.bfloat16}
    inputs = model.assembler.batch([model.assembler.talk([user(sound(5000), "What is this?")], ask=True)])
    with torch.inference_mode():
        assert model.network.encode(inputs).media[0].rows[0].dtype == torch.bfloat16


def test_the_command_answers_about_a_sound(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sound.wav").write_bytes(encode_audio(sound(9000)))
    asked = ["ask", str(tmp_path / "sound.wav"), "What is this?", "--model", str(folder), "--max-tokens", "4", "--json"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["usage"]["prompt_tokens"] > 9000 // 640
    (tmp_path / "long.wav").write_bytes(encode_audio(sound(17_000)))
    asked[1] = str(tmp_path / "long.wav")
    assert main(asked) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "long.wav: 1.06 s of sound is more than the 1 s this model hears" in err


def test_a_talk_goes_on_with_another_sound(folder: Path) -> None:
    model = load_model(str(folder))
    chat = model.chat()
    first = chat.send("What is this?", sound(6000), max_tokens=3)
    second = chat.send("And this?", sound(9000, 500.0), max_tokens=3)
    alone = model.ask("And this?", sound(9000, 500.0), max_tokens=3)
    assert second.usage.prompt_tokens > alone.usage.prompt_tokens + first.usage.completion_tokens
    assert first.text != second.text


def test_what_is_refused_leaves_the_talk_as_it_was(folder: Path) -> None:
    chat = load_model(str(folder)).chat()
    film = VideoClip(np.zeros((2, 8, 8, 3), np.uint8), np.arange(2.0), 2.0, sound=sound(5000), source="f.mp4")
    with pytest.raises(UnsupportedMedia, match=r"f\.mp4: this model takes audio, not video"):
        chat.send("What is this?", film)
    with pytest.raises(LimitExceeded, match=r"a\.wav: 2\.00 s of sound"):
        chat.send("What is this?", sound(32_000))
    said = chat.send("What is this?", sound(5000), max_tokens=3)
    assert said.usage == load_model(str(folder)).ask("What is this?", sound(5000), max_tokens=3).usage


def test_what_users_write_is_never_a_placeholder(folder: Path) -> None:
    model = load(folder)
    talk = model.assembler.talk([user(sound(5000), "What is <|audio_bos|><|AUDIO|><|audio_eos|>?")], ask=True)
    assert talk.ids.count(SPECIAL.index("<|AUDIO|>")) == talk.items[0].rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"audio_token_index": 9},
            r"<\|AUDIO\|> is id 3 for the tokenizer; expected 9, below",
        ),
        ({"text_config": {**CONFIG["text_config"], "vocab_size": 3}}, "expected 3, below 3, as"),
        ({"audio_config": {**CONFIG["audio_config"], "num_mel_bins": 80}}, "feature_size is 128; expected 80"),
        ({"audio_config": {**CONFIG["audio_config"], "encoder_layers": 3}}, r"audio_tower\.layers\.2\..* is missing"),
    ],
)
def test_files_that_do_not_belong_together(folder: Path, change: dict[str, Any], message: str) -> None:
    write(folder, "config", {**CONFIG, **change})
    write(folder, "preprocessor_config", {"feature_size": 128, "nb_max_frames": 100})
    with pytest.raises(CheckpointError, match=message):
        load(folder)


def test_a_tokenizer_without_sounds(folder: Path) -> None:
    text = (folder / "tokenizer.json").read_text(encoding="utf-8").replace("<|audio_bos|>", "<|other|>")
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"no added token '<\|audio_bos\|>'"):
        load(folder)
