"""TimeSformer's config.json: defaults, and what is refused."""

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.timesformer.config import TimesformerConfig, read_config


def test_what_is_left_out_is_as_in_the_reference() -> None:
    assert read_config({"model_type": "timesformer"}) == TimesformerConfig()
    transformers = pytest.importorskip("transformers")
    theirs = transformers.TimesformerConfig()
    assert vars(TimesformerConfig()) == {name: getattr(theirs, name) for name in vars(TimesformerConfig())}
    data = transformers.TimesformerConfig(num_frames=16, drop_path_rate=1).to_dict()
    assert read_config(data) == TimesformerConfig(num_frames=16)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"model_type": "videomae"}, r"model_type is 'videomae'; expected timesformer\. Give the folder"),
        ({"model_type": "timesformer", "tubelet_size": 2}, "unknown key 'tubelet_size'"),
        ({"model_type": "timesformer", "attention_type": "space_only"}, "'space_only'; expected divided_space_time"),
        ({"model_type": "timesformer", "attention_type": "joint_space_time"}, "'joint_space_time'; expected divided"),
        ({"model_type": "timesformer", "hidden_size": 100}, "hidden_size 100 and num_attention_heads 12"),
        ({"model_type": "timesformer", "patch_size": 500}, "patch_size 500; expected at least one frame"),
        ({"model_type": "timesformer", "num_frames": 0}, "has 0 frames"),
    ],
)
def test_what_cannot_be_read_is_named(data: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(data)
