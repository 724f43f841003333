"""Ours against what the reference implementation once said (make_golden.py); needs no reference."""

import json
from typing import Any

import pytest
import torch
from tests.models.gemma3.make_golden import GOLDEN, SCORES, TOKENS, batch, talks
from tests.models.paligemma.reference import random_weight

from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.models.early import EarlyFusion
from sensorium.models.gemma3.config import read_config
from sensorium.models.gemma3.model import build
from sensorium.models.gemma3.rules import rules

RECORDED: dict[str, Any] = json.loads(GOLDEN.read_text())
CONFIG = read_config(RECORDED["config"])


@pytest.fixture(scope="module")
def model() -> EarlyFusion:
    """Our model, its weights written through the key map."""
    made = build(CONFIG).eval().requires_grad_(False)
    for name, view in rules(CONFIG).write(made.state_dict()).items():
        view.copy_(random_weight(name, tuple(view.shape)))
    return made


def test_scores(model: EarlyFusion) -> None:
    inputs = batch(talks(CONFIG))
    with torch.inference_mode():
        found = model.prefill(inputs, model.new_cache(*inputs.ids.shape))[:, :SCORES]
    torch.testing.assert_close(found, torch.tensor(RECORDED["scores"]), atol=1e-4, rtol=0)


def test_answers(model: EarlyFusion) -> None:
    steps = list(generate(model, batch(talks(CONFIG)), Sampling(max_tokens=TOKENS), stops=()))
    said = [[event.id for events in steps if (event := events[row]) is not None] for row in (0, 1)]
    assert said == RECORDED["answers"]
