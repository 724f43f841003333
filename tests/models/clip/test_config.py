"""CLIP's config.json: defaults, old forms, towers alone, and what is refused."""

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.clip.config import ClipConfig, ClipTextConfig, ClipVisionConfig, read_config

OLD = {  # the form of the first checkpoints: every default of generation is in every section
    "_name_or_path": "",
    "architectures": ["CLIPModel"],
    "initializer_factor": 1.0,
    "logit_scale_init_value": 2.6592,
    "model_type": "clip",
    "projection_dim": 768,
    "torch_dtype": "float32",
    "transformers_version": None,
    "text_config": {
        "add_cross_attention": False,
        "attention_dropout": 0.0,
        "bad_words_ids": None,
        "bos_token_id": 0,
        "diversity_penalty": 0.0,
        "dropout": 0.0,
        "eos_token_id": 2,
        "hidden_size": 768,
        "id2label": {"0": "LABEL_0", "1": "LABEL_1"},
        "is_decoder": False,
        "max_length": 20,
        "model_type": "clip_text_model",
        "num_attention_heads": 12,
        "num_beams": 1,
        "pruned_heads": {},
        "temperature": 1.0,
        "torchscript": False,
        "typical_p": 1.0,
        "vocab_size": 49408,
    },
    "text_config_dict": None,
    "vision_config": {"hidden_size": 1024, "num_attention_heads": 16, "patch_size": 14, "num_hidden_layers": 24},
    "vision_config_dict": None,
}


def test_what_is_left_out_is_as_in_the_reference() -> None:
    assert read_config({"model_type": "clip"}) == ClipConfig(ClipVisionConfig(), ClipTextConfig(), 512)
    assert read_config({"model_type": "clip", "text_config": None}).text == ClipTextConfig()


def test_an_old_config_of_all_keys_is_read() -> None:
    config = read_config(OLD)
    assert config.text == ClipTextConfig(hidden_size=768, num_attention_heads=12, eos_token_id=2)
    assert config.vision == ClipVisionConfig(
        hidden_size=1024, num_attention_heads=16, patch_size=14, num_hidden_layers=24
    )
    assert (config.projection_dim, config.width) == (768, 768)


def test_the_older_of_two_sections_counts_alone() -> None:
    config = read_config(OLD | {"text_config_dict": {"hidden_size": 64, "num_attention_heads": 2}})
    assert config.text == ClipTextConfig(hidden_size=64, num_attention_heads=2)


@pytest.mark.parametrize(
    ("architectures", "width"), [(["CLIPVisionModelWithProjection"], 96), (["CLIPVisionModel"], 768), (None, 768)]
)
def test_a_tower_alone_is_projected_where_its_class_is(architectures: list[str] | None, width: int) -> None:
    data = {"model_type": "clip_vision_model", "architectures": architectures, "projection_dim": 96, "vocab_size": 9}
    assert read_config(data).width == width
    assert read_config(data).text is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"model_type": "llava"}, r"model_type is 'llava'; expected one of clip, .*Give the folder of a CLIP"),
        ({"model_type": "clip", "fused_gate": 1}, r"config\.json: unknown key 'fused_gate'"),
        ({"model_type": "clip", "text_config": {"hidden_sise": 8}}, r"text_config: unknown key .*mean 'hidden_size'"),
        ({"model_type": "clip", "text_config": {"eos_token_id": [1, 2]}}, r"eos_token_id: got \[1, 2\].*expected int"),
        ({"model_type": "clip", "vision_config": 7}, r"vision_config is 7; expected a table"),
        ({"model_type": "clip_text_model", "hidden_size": 30}, r"hidden_size 30 and num_attention_heads 8; expected a"),
    ],
)
def test_what_cannot_be_read_is_named(data: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(data)


def test_defaults_are_those_of_the_reference_class() -> None:
    transformers = pytest.importorskip("transformers")
    vision, text = transformers.CLIPVisionConfig(), transformers.CLIPTextConfig()
    assert vars(ClipVisionConfig()) == {name: getattr(vision, name) for name in vars(ClipVisionConfig())}
    assert vars(ClipTextConfig()) == {name: getattr(text, name) for name in vars(ClipTextConfig())}
    assert read_config({"model_type": "clip"}).projection_dim == transformers.CLIPConfig().projection_dim
