"""The objective of instruction tuning: predict the assistant's tokens; and how often all of an answer is right."""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.inputs.carrier import TrainingInputs
from sensorium.models.nano.model import Nano


def answer_loss(model: Nano, batch: TrainingInputs) -> Tensor:
    """Weighted sum of the cross-entropies of the tokens that are to be learnt. Returns: []."""
    logits, targets, weights = _predictions(model, batch)
    return (F.cross_entropy(logits.float(), targets, reduction="none") * weights).sum()


@torch.no_grad()
def answers_right(model: Nano, batch: TrainingInputs) -> Tensor:
    """Which talks are answered right, token for token, by greedy decoding.

    All of an answer's tokens being the likeliest after the true ones before them is the same as greedy decoding giving
    the answer, so one pass tells. Returns: [B] bool.
    """
    logits, targets, _ = _predictions(model, batch)
    wrong = torch.zeros(len(batch.weights), dtype=torch.bool, device=batch.weights.device)
    samples = (batch.weights[:, 1:] > 0).nonzero()[:, 0]  # [learnt tokens]
    wrong[samples[logits.argmax(dim=-1) != targets]] = True
    return ~wrong


def _predictions(model: Nano, batch: TrainingInputs) -> tuple[Tensor, Tensor, Tensor]:
    """Logits [learnt tokens, V], targets and weights [learnt tokens]: logits are made only where they are used."""
    hidden = model(batch.inputs)[:, :-1]
    learnt = batch.weights[:, 1:] > 0  # [B, T-1]
    return model.language.logits(hidden[learnt]), batch.inputs.ids[:, 1:][learnt], batch.weights[:, 1:][learnt]
