"""Ours against what the reference implementation once said (make_golden.py); needs no reference."""

import json
from typing import Any

import pytest
import torch
from tests.models.text.make_golden import GOLDEN, TOKENS
from tests.models.text.references import KINDS, answers, prompts, random_weight

from sensorium.models.text.config import read_config
from sensorium.models.text.model import TextModel, build, key_map

RECORDED: dict[str, Any] = json.loads(GOLDEN.read_text())


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest) -> tuple[TextModel, dict[str, Any]]:
    """Our model, its weights written through the key map, and what is recorded of it."""
    recorded = RECORDED[request.param]
    config = read_config(recorded["config"])
    model = build(config).eval().requires_grad_(False)
    for name, view in key_map(config).write(model.state_dict()).items():
        view.copy_(random_weight(name, tuple(view.shape), recorded["config"]["model_type"]))
    return model, recorded


def test_scores(case: tuple[TextModel, dict[str, Any]]) -> None:
    model, recorded = case
    inputs = prompts()
    with torch.inference_mode():
        found = model.prefill(inputs, model.new_cache(*inputs.ids.shape))
    torch.testing.assert_close(found, torch.tensor(recorded["scores"]), atol=1e-4, rtol=0)


def test_answers(case: tuple[TextModel, dict[str, Any]]) -> None:
    model, recorded = case
    assert answers(model, TOKENS) == recorded["answers"]
