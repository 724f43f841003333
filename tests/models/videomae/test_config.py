"""VideoMAE's config.json: defaults, the forms of sizes, and what is refused."""

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.videomae.config import VideoMaeConfig, read_config


def test_what_is_left_out_is_as_in_the_reference() -> None:
    assert read_config({"model_type": "videomae"}) == VideoMaeConfig()
    transformers = pytest.importorskip("transformers")
    theirs = transformers.VideoMAEConfig()
    assert vars(VideoMaeConfig()) == {name: getattr(theirs, name) for name in vars(VideoMaeConfig())}


def test_a_config_of_the_reference_is_read_whole() -> None:
    transformers = pytest.importorskip("transformers")
    data = transformers.VideoMAEConfig(id2label={0: "a", 1: "b"}, num_frames=8).to_dict()
    assert read_config(data) == VideoMaeConfig(num_frames=8)


def test_sizes_are_pairs_or_one_number() -> None:
    config = read_config({"model_type": "videomae", "image_size": [112, 96], "patch_size": 8, "tubelet_size": 4})
    assert (config.shape, config.tubelet) == ((16, 112, 96), (4, 8, 8))


@pytest.mark.parametrize(("said", "bias"), [({"qkv_bias": False}, False), ({"qv_bias": False, "qkv_bias": True}, True)])
def test_the_bias_has_another_name(said: dict[str, object], bias: bool) -> None:
    assert read_config({"model_type": "videomae", **said}).qv_bias is bias


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"model_type": "vivit"}, r"config\.json: model_type is 'vivit'; expected videomae\. Give"),
        ({"model_type": "videomae", "hidden_sise": 4}, r"unknown key 'hidden_sise'.*'hidden_size'"),
        ({"model_type": "videomae", "hidden_size": 100}, "hidden_size 100 and num_attention_heads 12; expected"),
        ({"model_type": "videomae", "patch_size": 0}, r"tubelets of \(2, 0, 0\); expected clips that are no smaller"),
        ({"model_type": "videomae", "num_frames": 1}, r"clips of \(1, 224, 224\)"),
        ({"model_type": "videomae", "image_size": [1, 2, 3]}, r"image_size: got \[1, 2, 3\]"),
    ],
)
def test_what_cannot_be_read_is_named(data: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(data)
