"""Each objective of a space is its formula over kinds, keys and altered words; what a recipe says chooses it."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.core.config import from_dict
from sensorium.core.errors import ConfigError
from sensorium.nn.contrast import info_nce, multi_positive, sigmoid, supervised
from sensorium.training.contrast_losses import LOSSES
from sensorium.training.stage import Stage

SCALE = torch.tensor(5.0, dtype=torch.float64)
KEYS = torch.tensor([0, 1, 2, 0])
SAME = KEYS[:, None] == KEYS


def rows(seed: int, count: int = 4) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, 6, dtype=torch.float64, generator=generator), dim=-1)


TEXT, IMAGE, AUDIO, AGAINST = rows(1), rows(2), rows(3), rows(4, 2)
KINDS = {"text": TEXT, "image": IMAGE, "audio": AUDIO}


def loss(kinds: dict[str, Tensor] = KINDS, **said: Any) -> float:
    stage = from_dict(Stage, {"kind": "contrastive", **said}, where="x.yaml")
    made = LOSSES[stage.objective](stage).double()
    found: Tensor = made(kinds, AGAINST, KEYS, SCALE)
    return found.item()


def mean(*losses: Tensor) -> float:
    return torch.stack(losses).mean().item()


@pytest.mark.parametrize("hardness", [0.0, 0.4])
def test_infonce_is_between_each_two_kinds(hardness: float) -> None:
    pairs = ((IMAGE, TEXT, AGAINST), (AUDIO, TEXT, AGAINST), (IMAGE, AUDIO, None))
    expected = [multi_positive(a, b, SAME, SCALE, against=more, hardness=hardness) for a, b, more in pairs]
    assert loss(hardness=hardness) == pytest.approx(mean(*expected))
    assert loss(objective="infonce", hardness=hardness) == pytest.approx(mean(*expected))


def test_sigmoid_judges_altered_words_as_texts_of_nothing() -> None:
    bias = torch.tensor(-10.0, dtype=torch.float64)
    texts, belongs = torch.cat((TEXT, AGAINST)), F.pad(SAME, (0, 2))
    told = [sigmoid(each, texts, SCALE, bias, belongs) for each in (IMAGE, AUDIO)]
    assert loss(objective="sigmoid") == pytest.approx(mean(*told, sigmoid(AUDIO, IMAGE, SCALE, bias, SAME)))


def test_supervised_draws_all_rows_of_a_key_together() -> None:
    everything = torch.cat((TEXT, IMAGE, AUDIO, AGAINST))
    labels = torch.cat((KEYS, KEYS, KEYS, torch.tensor([7, 8])))
    assert loss(objective="supervised") == pytest.approx(supervised(everything, labels, SCALE).item())


def test_binding_draws_all_to_the_anchor_alone() -> None:
    to_image = multi_positive(IMAGE, TEXT, SAME, SCALE, against=AGAINST), multi_positive(IMAGE, AUDIO, SAME, SCALE)
    assert loss(objective="binding") == pytest.approx(mean(*to_image))
    to_text = [multi_positive(each, TEXT, SAME, SCALE, against=AGAINST, hardness=0.2) for each in (IMAGE, AUDIO)]
    assert loss(objective="binding", anchor="text", hardness=0.2) == pytest.approx(mean(*to_text))
    with pytest.raises(ConfigError, match=r"bound to image, but .* of text, audio alone; .* anchor: text"):
        loss({"text": TEXT, "audio": AUDIO}, objective="binding")


def test_they_agree_on_plain_pairs() -> None:
    """With two kinds, keys of their own and no altered words, binding is CLIP's loss."""
    stage = Stage("contrastive", objective="binding")
    found = LOSSES["binding"](stage)({"text": TEXT, "image": IMAGE}, AGAINST[:0], torch.arange(4), SCALE)
    assert found.item() == pytest.approx(info_nce(IMAGE, TEXT, SCALE).item())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"objective": "infonse"}, "objective: got 'infonse'.*Did you mean 'infonce'"),
        ({"objective": "sigmoid", "hardness": 0.5}, "got hardness 0.5 for sigmoid"),
        ({"hardness": -1.0}, "got hardness -1.0 for infonce"),
        ({"anchor": "text"}, "got anchor text for infonce; only binding has one"),
        ({"objective": "binding", "anchor": "smell"}, "anchor: got 'smell'"),
    ],
)
def test_what_no_objective_takes(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        loss(**said)


def test_other_stages_have_no_objective() -> None:
    with pytest.raises(ConfigError, match=r"got objective sigmoid for the kind 'align'.* contrastive"):
        from_dict(Stage, {"kind": "align", "objective": "sigmoid"}, where="x.yaml")
