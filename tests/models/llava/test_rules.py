"""All spellings of names are read, one is written."""

import re

import pytest
import torch
from tests.models.llava.reference import KINDS

from sensorium.core.errors import CheckpointError
from sensorium.models.llava.config import read_config
from sensorium.models.llava.model import build
from sensorium.models.llava.rules import rules

SPELLINGS = {
    "older": (),
    "older, bare tower": ((r"^vision_tower\.vision_model\.", "vision_tower."),),
    "module": (
        (r"^language_model\.lm_head", "lm_head"),
        (r"^language_model\.model", "model.language_model"),
        (r"^vision_tower\.vision_model", "model.vision_tower"),
        (r"^(multi_modal_projector|image_newline)", r"model.\1"),
    ),
    "module, tower with its prefix": (
        (r"^language_model\.lm_head", "lm_head"),
        (r"^language_model\.model", "model.language_model"),
        (r"^(vision_tower|multi_modal_projector|image_newline)", r"model.\1"),
    ),
    "original": (
        (r"^language_model\.lm_head", "lm_head"),
        (r"^language_model\.model\.", "model."),
        (r"^vision_tower\.", "model.vision_tower.vision_tower."),
        (r"^multi_modal_projector\.linear_1", "model.mm_projector.0"),
        (r"^multi_modal_projector\.linear_2", "model.mm_projector.2"),
        (r"^image_newline", "model.image_newline"),
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", ["llava", "next", "interleave"])
def test_every_spelling_fills_everything(kind: str, spelling: str) -> None:
    config = read_config(KINDS[kind])
    with torch.device("meta"):
        ours = build(config).state_dict()
    keymap = rules(config)
    written = list(keymap.write(ours))
    assert all(name.startswith(("language_model.", "vision_tower.vision_", "multi_", "image_")) for name in written)
    spelled = written
    for old, new in SPELLINGS[spelling]:
        spelled = [re.sub(old, new, name) for name in spelled]
    assert (spelled == written) == (spelling == "older")
    assert keymap.read(spelled, ours).keys() == ours.keys()


def test_what_only_older_files_have_is_dropped() -> None:
    config = read_config(KINDS["interleave"])
    with torch.device("meta"):
        ours = build(config).state_dict()
    names = list(rules(config).write(ours))
    more = ("head.probe", "embeddings.position_ids")
    assert rules(config).read([*names, *(f"vision_tower.vision_model.{each}" for each in more)], ours)
    with pytest.raises(CheckpointError, match=r"vision_tower\.vision_model\.headless is not a part"):
        rules(config).read([*names, "vision_tower.vision_model.headless"], ours)


def test_a_newline_belongs_to_tiles() -> None:
    config = read_config(KINDS["llava"])
    with torch.device("meta"):
        ours = build(config).state_dict()
    with pytest.raises(CheckpointError, match="image_newline is not a part of this model"):
        rules(config).read([*rules(config).write(ours), "image_newline"], ours)
