"""SigLIP's config.json: defaults, the plain form of SigLIP 2, towers alone, and what is refused."""

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.siglip.config import SiglipConfig, SiglipTextConfig, SiglipVisionConfig, read_config


def test_what_is_left_out_is_as_in_the_reference() -> None:
    config = read_config({"model_type": "siglip", "initializer_factor": 1.0})
    assert config == SiglipConfig(SiglipVisionConfig(), SiglipTextConfig())
    assert config.width == 768


def test_the_plain_form_of_siglip_2_is_siglip() -> None:
    data = {
        "model_type": "siglip",
        "text_config": {"model_type": "siglip_text_model", "vocab_size": 256000, "projection_size": 1152},
        "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152, "num_attention_heads": 16},
    }
    assert read_config(data).text == SiglipTextConfig(vocab_size=256000, projection_size=1152)
    assert read_config(data).width == 1152


def test_a_tower_of_a_vision_language_model_is_read() -> None:
    data = {
        "model_type": "siglip_vision_model",
        "vision_use_head": False,
        "num_image_tokens": 256,
        "projection_dim": 2048,
        "projector_hidden_act": "gelu_fast",
        "patch_size": 14,
    }
    assert read_config(data).vision == SiglipVisionConfig(vision_use_head=False, patch_size=14)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"model_type": "siglip2"}, r"model_type is 'siglip2'; expected one of siglip, .*not as NaFlex"),
        ({"model_type": "clip"}, r"model_type is 'clip'; .*Give the folder of a SigLIP model\.$"),
        ({"model_type": "siglip", "vision_config": {"num_patches": 256}}, r"vision_config: unknown key 'num_patches'"),
        ({"model_type": "siglip", "vision_config": {"image_size": [8, 8]}}, r"image_size: got \[8, 8\].*expected int"),
        (
            {"model_type": "siglip", "vision_config": {"hidden_size": 96}},
            r"\[96, 768\] numbers; expected as many for both\. Set projection_size",
        ),
    ],
)
def test_what_cannot_be_read_is_named(data: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(data)


def test_defaults_are_those_of_the_reference_class() -> None:
    transformers = pytest.importorskip("transformers")
    vision, text = SiglipVisionConfig(), SiglipTextConfig()
    assert vars(vision) == {name: getattr(transformers.SiglipVisionConfig(), name) for name in vars(vision)}
    assert vars(text) | {"projection_size": text.width} == {
        name: getattr(transformers.SiglipTextConfig(), name) for name in vars(text)
    }
