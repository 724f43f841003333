"""All spellings of names are read, one is written; both families with these parts."""

import re

import pytest
import torch
from tests.models.gemma3.reference import KINDS as GEMMA3
from tests.models.paligemma.reference import KINDS

from sensorium.core.errors import CheckpointError
from sensorium.models.gemma3.config import read_config as read_gemma3
from sensorium.models.gemma3.model import build as build_gemma3
from sensorium.models.gemma3.rules import rules as gemma3_rules
from sensorium.models.paligemma.config import read_config
from sensorium.models.paligemma.model import build
from sensorium.models.paligemma.rules import rules
from sensorium.weights.keymap import KeyMap

SPELLINGS = {
    "older": (),
    "older, bare tower": ((r"^vision_tower\.vision_model\.", "vision_tower."),),
    "module": (
        (r"^language_model\.lm_head", "lm_head"),
        (r"^language_model\.model", "model.language_model"),
        (r"^vision_tower\.vision_model", "model.vision_tower"),
        (r"^multi_modal_projector", "model.multi_modal_projector"),
    ),
    "module, tower with its prefix": (
        (r"^language_model\.lm_head", "lm_head"),
        (r"^language_model\.model", "model.language_model"),
        (r"^(vision_tower|multi_modal_projector)", r"model.\1"),
    ),
}


@pytest.fixture(params=["paligemma", "paligemma2", "gemma3"])
def case(request: pytest.FixtureRequest) -> tuple[KeyMap, list[str], dict[str, torch.Tensor]]:
    """A key map, the names that it writes, and the tensors that it fills."""
    with torch.device("meta"):
        if request.param == "gemma3":
            keymap, ours = gemma3_rules(read_gemma3(GEMMA3["whole"])), build_gemma3(read_gemma3(GEMMA3["whole"]))
        else:
            config = read_config(KINDS[request.param])
            keymap, ours = rules(config), build(config, end=10)
    return keymap, list(keymap.write(ours.state_dict())), ours.state_dict()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_fills_everything(
    case: tuple[KeyMap, list[str], dict[str, torch.Tensor]], spelling: str
) -> None:
    keymap, written, ours = case
    assert all(name.startswith(("language_model.", "vision_tower.vision_model.", "multi_modal_")) for name in written)
    spelled = written
    for old, new in SPELLINGS[spelling]:
        spelled = [re.sub(old, new, name) for name in spelled]
    assert (spelled == written) == (spelling == "older")
    assert keymap.read(spelled, ours).keys() == ours.keys()


def test_the_head_that_pools_is_dropped_and_nothing_else(
    case: tuple[KeyMap, list[str], dict[str, torch.Tensor]],
) -> None:
    keymap, written, ours = case
    assert keymap.read([*written, "model.vision_tower.vision_model.head.probe"], ours)
    with pytest.raises(CheckpointError, match=r"vision_tower\.vision_model\.headless is not a part"):
        keymap.read([*written, "vision_tower.vision_model.headless"], ours)
