"""The YAML of a composed model: what it says, and why what makes no sense is refused."""

import inspect
import re
import textwrap
from typing import Any

import pytest
import yaml

from sensorium.core.config import apply_overrides, from_dict, to_dict
from sensorium.core.errors import ConfigError
from sensorium.fusion.config import ConnectorConfig
from sensorium.models.composed import config as module
from sensorium.models.composed.config import ComposedConfig

PLAIN = """
encoders:
  image: {kind: native, sizes: {width: 16, heads: 2}}
  audio: {kind: whisper, checkpoint: openai/whisper-tiny}
connectors:
  image: {kind: resampler, queries: 8}
  audio: {kind: qformer, queries: 8}
language: {sizes: {layers: 4}}
"""


def read(*overrides: str, text: str = PLAIN) -> ComposedConfig:
    data: dict[str, Any] = apply_overrides(yaml.safe_load(text), overrides, parse=yaml.safe_load)
    return from_dict(ComposedConfig, data, where="model.yaml")


def test_the_example_of_the_module_is_one() -> None:
    text = inspect.getdoc(module) or ""
    example = textwrap.dedent(text[text.index("    encoders:") : text.index("\n\nIn a folder")])
    config = read(text=example)
    assert config.fusion.after == (3, 7, 11)
    assert config.encoders["audio"].sizes == {"width": 192, "layers": 4}
    assert config.connector("image") == ConnectorConfig(kind="shuffle", factors=(2, 2))


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("fusion.kind=middle", "fusion.after=[0, 3]"),
        ("fusion.kind=late", "fusion.weights={image: 2.0, audio: 1.0}", "fusion.learned=true"),
        ("fusion.kind=gated",),
        ("fusion.join=sum",),
        ("connectors={image: {kind: pool, factors: [2, 2]}}", "merging={image: 0.5}"),
    ],
)
def test_there_and_back_as_plain_data(overrides: tuple[str, ...]) -> None:
    config = read(*overrides)
    assert from_dict(ComposedConfig, to_dict(config), where="again") == config


def test_a_connector_that_is_not_named_is_an_mlp() -> None:
    assert read("connectors={}").connector("audio") == ConnectorConfig(kind="mlp")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["encoders={}"], "encoders: got none"),
        (["encoders.picture={kind: native}"], "got 'picture' .*expected one of 'image', 'audio', 'video'"),
        (["encoders.image.kind=mel"], "encoders: image has the kind 'mel'; expected native or clip or siglip"),
        (["encoders.image.kind=sigilp"], "Did you mean 'siglip'"),
        (["encoders.image.sizes.depth=4"], "native: sizes: unknown key 'depth'"),
        (["encoders.image.checkpoint=a/b"], "native: got the checkpoint 'a/b'; expected sizes"),
        (["encoders.audio.checkpoint=null"], "whisper: got neither a checkpoint nor sizes"),
        (["encoders.audio.sizes.d_model=8"], "whisper: got a checkpoint and sizes; expected one"),
        (["encoders.audio.settings.feature_size=8"], "whisper: got settings for the checkpoint .*which has its own"),
        (["encoders.audio={kind: whisper, sizes: {width: 8}}"], "whisper: sizes: unknown key 'width'"),
        (["encoders.image.settings.size=8"], "native: got settings; expected sizes"),
        (["language={}"], "language: got neither a checkpoint nor sizes"),
        (["language.checkpoint=a/b"], "language: got a checkpoint and sizes"),
        (["connectors.video={}"], "connectors: got image, audio, video, but the encoders are of image, audio"),
        (["connectors.image={kind: pool, factors: [2]}"], r"image has factors \[2\]; expected 2.*Give \[2, 2\]"),
        (["fusion.after=[1]"], r"fusion: got after \[1\] for the kind 'early'.*choose middle"),
        (["fusion.kind=middle"], r"fusion: after is \[\]; expected rising numbers"),
        (["fusion.kind=middle", "fusion.after=[2, 1]"], r"after is \[2, 1\]; expected rising"),
        (["fusion.kind=middle", "fusion.after=[-1]"], r"after is \[-1\]; expected rising"),
        (["fusion.kind=middle", "fusion.after=[4]"], r"after is \[4\], but the decoder has 4 blocks"),
        (["fusion.kind=gated", "fusion.join=sum"], "got join sum for the kind 'gated'.*choose early"),
        (["fusion.kind=late", "fusion.weights={image: 1.0}"], "fusion.weights: got image, but the encoders are of"),
        (["fusion.kind=late", "fusion.weights={image: 1.0, audio: 0.0}"], "expected positive numbers"),
        (["fusion.kind=gated", "connectors.audio.queries=9"], "gated joins rows .* equal queries"),
        (["fusion.kind=gated", "connectors.audio={}"], "gated joins rows .* equal queries"),
        (["fusion.join=concat", "connectors={}"], "early with join: concat joins rows"),
        (["merging={video: 0.5}"], "merging: got video, but the encoders"),
        (["merging={image: 0.5}"], "merging: image has a resampler"),
        (["connectors={}", "merging={image: 1.0}"], "merging: image is 1.0; expected a share between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(*overrides)


@pytest.mark.parametrize("fusion", ["fusion.kind=late", "fusion.kind=gated", "fusion.join=sum"])
def test_one_modality_has_nothing_to_be_joined_with(fusion: str) -> None:
    with pytest.raises(ConfigError, match=re.escape("joins modalities, but there is one alone, image")):
        read("encoders={image: {kind: native}}", "connectors={}", fusion)
