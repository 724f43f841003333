"""How long a sound may be, how many rows it makes, what is refused, and whose chat template is taken."""

import json
from pathlib import Path

import numpy as np
import pytest

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.core.errors import CheckpointError, InputError, LimitExceeded, UnreadableMedia, UnsupportedMedia
from sensorium.inputs.mel import MelSpec
from sensorium.media.types import AudioClip, Document, Image, Media, VideoClip
from sensorium.models.qwen2_audio.config import EncoderConfig
from sensorium.models.qwen2_audio.inputs import MARKS, ROW, TEMPLATE, Preparer, mel_of, read_template
from sensorium.models.whisper.inputs import check_mel

PREPARE = Preparer(MelSpec(16, 100))
WHOLE = 16_000


def sound(samples: int) -> AudioClip:
    return AudioClip(np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32), source="a.wav")


@pytest.mark.parametrize("samples", [321, 640, 641, 960, 961, 1280, 1281, 5000, WHOLE - 1, WHOLE])
def test_a_sound_is_as_many_placeholders_as_rows(samples: int) -> None:
    made = PREPARE(sound(samples))
    frames = -(-samples // 160)
    assert made.item.rows == (((frames - 1) // 2 + 1) - 2) // 2 + 1
    assert made.text == ROW * made.item.rows
    assert made.item.features.shape == (16, min((frames + 1) // 2 * 2 + 1, 100))


def test_thirty_seconds_are_750_rows() -> None:
    assert Preparer(MelSpec(128, 3000))(AudioClip(np.zeros(480_000, np.float32))).item.rows == 750


def test_a_sound_that_is_too_long_is_not_cut() -> None:
    with pytest.raises(LimitExceeded, match=r"a\.wav: 1\.50 s of sound is more than the 1 s this model hears\. Cut"):
        PREPARE(sound(WHOLE * 3 // 2))
    with pytest.raises(LimitExceeded):
        PREPARE(sound(WHOLE + 1))


@pytest.mark.parametrize("samples", [0, 1, 320])
def test_a_sound_that_is_too_short_for_a_row(samples: int) -> None:
    message = rf"a\.wav: got {samples} samples of sound; expected more than 320, or 20 ms"
    with pytest.raises(UnreadableMedia, match=message):
        PREPARE(sound(samples))


def test_samples_that_are_no_numbers() -> None:
    with pytest.raises(UnreadableMedia, match=r"b\.wav"):
        PREPARE(AudioClip(np.full(5000, np.nan, np.float32), source="b.wav"))


@pytest.mark.parametrize(
    ("medium", "message"),
    [
        (Image(np.zeros((8, 8, 3), np.uint8)), "takes audio, not image. Choose a model that takes image"),
        (Document("words"), "takes audio, not document. Paste the text into the question"),
        (
            VideoClip(np.zeros((2, 8, 8, 3), np.uint8), np.arange(2.0), 2.0, sound=sound(5000), source="f.mp4"),
            r"f\.mp4: this model takes audio, not video\. Give its sound track as a file, or choose another model",
        ),
    ],
)
def test_other_media_are_refused_with_advice(medium: Media, message: str) -> None:
    with pytest.raises(UnsupportedMedia, match=message):
        PREPARE(medium)
    assert issubclass(UnsupportedMedia, InputError)


def test_settings_that_the_encoder_was_not_made_for(tmp_path: Path) -> None:
    mel = mel_of(EncoderConfig(num_mel_bins=128, max_source_positions=1500))
    assert mel == MelSpec(128, 3000)
    check_mel(tmp_path, mel)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"feature_size": 80}))
    with pytest.raises(CheckpointError, match="feature_size is 80; expected 128"):
        check_mel(tmp_path, mel)


OLDER = TEMPLATE.replace("{% if part['type'] == 'text' %}", "{% if 'audio' not in part %}")
OTHER = "{% for message in messages %}{{ message['role'] }}{% for part in message['content'] %}" + (
    "{% if part['type'] == 'audio' %}<|AUDIO|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endfor %}"
)


@pytest.mark.parametrize(
    ("file", "written", "taken"),
    [
        ("chat_template.jinja", OTHER, OTHER),
        ("chat_template.jinja", OLDER, OLDER),
        ("chat_template.json", json.dumps({"chat_template": OTHER}), OTHER),
        ("processor_config.json", json.dumps({"chat_template": OTHER}), OTHER),
        ("processor_config.json", "{}", TEMPLATE),
        ("tokenizer_config.json", json.dumps({"chat_template": OTHER}), TEMPLATE),
    ],
)
def test_a_folder_s_template_is_taken_if_it_is_for_sounds(tmp_path: Path, file: str, written: str, taken: str) -> None:
    (tmp_path / file).write_text(written)
    template = read_template(tmp_path)
    assert template.source == taken
    assert ROW in template.render([user(sound(500), "What?")], ask=True, stand_ins=MARKS).text


def test_a_damaged_template_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("{% for")
    with pytest.raises(CheckpointError):
        read_template(tmp_path)


def test_sounds_are_numbered_through_a_talk(tmp_path: Path) -> None:
    talk = [user(sound(500), "What?", sound(500)), assistant("Two."), user("And", sound(500))]
    begin = Message("system", (Text("Listen."),))
    template = read_template(tmp_path)
    assert template.render([begin, *talk], ask=True, stand_ins=MARKS).text == (
        "<|im_start|>system\nListen.<|im_end|>\n"
        "<|im_start|>user\nAudio 1: <|audio_bos|><|AUDIO|><|audio_eos|>\nWhat?"
        "Audio 2: <|audio_bos|><|AUDIO|><|audio_eos|>\n<|im_end|>\n"
        "<|im_start|>assistant\nTwo.<|im_end|>\n"
        "<|im_start|>user\nAndAudio 3: <|audio_bos|><|AUDIO|><|audio_eos|>\n<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert "system\nYou are a helpful assistant." in template.render(talk, ask=True, stand_ins=MARKS).text
