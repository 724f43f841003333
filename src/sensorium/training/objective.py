"""The objective of instruction tuning: predict the assistant's tokens; and how often all of an answer is right.

A second, smaller task helps at the start: from the mean of a medium's rows alone, name the tokens of the answers about
it (SuperClass, Huang et al. 2024: text tokens as class labels). Without it a decoder trained from nothing learns what
answers look like long before it learns to look: gradients at the encoders die away within fifty steps, and a digit is
still a guess after three hundred. The layer that names is thrown away after training.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.inputs.carrier import ModelInputs, TrainingInputs
from sensorium.models.nano.model import Nano


@dataclass(frozen=True, eq=False)
class Losses:
    """Sums, to be divided by what they are sums over: `answers` over token weights, `names` over media."""

    answers: Tensor
    names: Tensor


class Objective(nn.Module):
    """The model in training, and the layer that names what its rows show."""

    def __init__(self, model: Nano) -> None:
        super().__init__()
        self.model = model
        width, vocabulary = model.language.width, model.language.embedding.num_embeddings
        self.namer = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, vocabulary))

    def forward(self, batch: TrainingInputs) -> Losses:
        """Both losses of a batch."""
        inputs = self.model.encode(batch.inputs)
        logits, targets, weights = _predictions(self.model, replace(batch, inputs=inputs))
        answers = (F.cross_entropy(logits.float(), targets, reduction="none") * weights).sum()
        return Losses(answers, self._name(inputs, batch.weights))

    def _name(self, inputs: ModelInputs, weights: Tensor) -> Tensor:
        """Cross-entropy between what is named and the answers' tokens, each as likely. Returns: []."""
        rows = [item.float().mean(dim=0) for batch in inputs.media for item in batch.rows]
        if not rows:
            return weights.new_zeros(())
        logits = self.namer(torch.stack(rows))  # [N, V]
        told = logits.new_zeros(len(weights), logits.shape[1], dtype=torch.float32)
        told.scatter_reduce_(1, inputs.ids, (weights > 0).float(), reduce="amax")  # [B, V], 1 where an answer has it
        samples = [span.sample for batch in inputs.media for span in batch.spans]
        wanted = told[samples]  # [N, V]
        return -(wanted / wanted.sum(dim=1, keepdim=True).clamp(min=1.0) * logits.float().log_softmax(dim=-1)).sum()


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
