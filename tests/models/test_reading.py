"""Sections of a config.json: tables, and those of a model type."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.models.clip.config import read_config as read_clip
from sensorium.models.idefics3.config import read_config as read_idefics3
from sensorium.models.llava.config import read_config as read_llava
from sensorium.models.mllama.config import read_config as read_mllama
from sensorium.models.qwen2_audio.config import read_config as read_qwen2_audio
from sensorium.models.qwen_vl.config import read_config as read_qwen_vl
from sensorium.models.r3d.config import read_config as read_r3d
from sensorium.models.reading import check_tower, table, typed_table
from sensorium.models.siglip.config import read_config as read_siglip
from sensorium.models.text.config import read_config as read_text
from sensorium.models.timesformer.config import read_config as read_timesformer
from sensorium.models.videomae.config import read_config as read_videomae
from sensorium.models.wav2vec2.config import read_config as read_wav2vec2
from sensorium.models.whisper.config import read_config as read_whisper

ABSURD = 1_000_000_000


def test_null_is_an_empty_table() -> None:
    assert table(None, where="x.json") == {}
    assert table({"a": 1}, where="x.json") == {"a": 1}
    with pytest.raises(CheckpointError, match=r"x\.json: text_config is 3; expected a table of keys"):
        table(3, where="x.json: text_config")


def test_a_section_is_of_the_first_type_where_it_names_none() -> None:
    assert typed_table({"a": 1}, "gemma", "gemma2", where="x.json") == {"model_type": "gemma", "a": 1}
    assert typed_table({"model_type": "gemma2"}, "gemma", "gemma2", where="x.json") == {"model_type": "gemma2"}
    with pytest.raises(CheckpointError, match=r"x\.json: model_type is 'bert'; expected gemma or gemma2"):
        typed_table({"model_type": "bert"}, "gemma", "gemma2", where="x.json")


def test_a_tower_has_whole_heads_and_sizes_that_towers_have() -> None:
    check_tower("CLIP", width=12, heads=3, layers=2, hidden=5)
    with pytest.raises(ConfigError, match="CLIP has hidden_size 12 and num_attention_heads 5; expected a multiple"):
        check_tower("CLIP", width=12, heads=5, layers=2, hidden=5)
    with pytest.raises(ConfigError, match="CLIP: hidden is 1000000000; expected 1 to 262144"):
        check_tower("CLIP", width=12, heads=3, layers=2, hidden=1_000_000_000)


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (read_text, {"model_type": "llama", "num_hidden_layers": ABSURD}),
        (read_text, {"model_type": "gemma3_text", "num_hidden_layers": ABSURD}),
        (read_text, {"model_type": "qwen3", "head_dim": ABSURD}),
        (read_clip, {"model_type": "clip_vision_model", "num_hidden_layers": ABSURD}),
        (read_clip, {"model_type": "clip_text_model", "hidden_size": ABSURD}),
        (read_siglip, {"model_type": "siglip_vision_model", "intermediate_size": ABSURD}),
        (read_llava, {"model_type": "llava", "text_config": {"num_hidden_layers": ABSURD}}),
        (read_llava, {"model_type": "llava", "vision_config": {"num_hidden_layers": ABSURD}}),
        (read_idefics3, {"model_type": "idefics3", "vision_config": {"num_hidden_layers": ABSURD}}),
        (read_mllama, {"model_type": "mllama", "vision_config": {"num_global_layers": ABSURD}}),
        (read_mllama, {"model_type": "mllama", "vision_config": {"max_num_tiles": ABSURD}}),
        (read_qwen_vl, {"model_type": "qwen2_5_vl", "vision_config": {"depth": ABSURD}}),
        (read_qwen2_audio, {"model_type": "qwen2_audio", "audio_config": {"encoder_layers": ABSURD}}),
        (read_whisper, {"model_type": "whisper", "encoder_layers": ABSURD}),
        (read_whisper, {"model_type": "whisper", "decoder_layers": ABSURD}),
        (read_whisper, {"model_type": "whisper", "max_source_positions": ABSURD}),
        (read_wav2vec2, {"model_type": "wav2vec2", "num_hidden_layers": ABSURD}),
        (read_videomae, {"model_type": "videomae", "num_hidden_layers": ABSURD}),
        (read_timesformer, {"model_type": "timesformer", "num_hidden_layers": ABSURD}),
        (read_r3d, {"model_type": "r3d", "depths": [2, 2, ABSURD, 2]}),
    ],
)
def test_absurd_sizes_are_refused_before_anything_is_built(
    read: Callable[[Mapping[str, Any]], object], data: Mapping[str, Any]
) -> None:
    with pytest.raises((ConfigError, CheckpointError), match=r": \w+ is \d+; expected 1 to \d+\. Correct"):
        read(data)
