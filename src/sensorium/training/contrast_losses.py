"""What draws matches together, by the names that recipes use: `stage: { kind: contrastive, objective: sigmoid }`.

    infonce      each kind of a match has to find each other kind among all of the batch (CLIP; matches of one key are
                 several positives)
    sigmoid      every pair is judged for itself (SigLIP), with a bias that is learnt and belongs to the run
    supervised   all rows of one key belong together, whatever their kinds (SupCon)
    binding      each kind has to find one kind alone (ImageBind): `anchor: image`

Shapes: N matches, M altered words, D width.
"""

from collections.abc import Callable, Mapping
from itertools import combinations

import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.nn.contrast import binding, multi_positive, sigmoid, supervised
from sensorium.training.stage import Drawing, Stage

TEXT = "text"

Kinds = Mapping[str, Tensor]
"""Rows by modality, each [N, D] of unit length, words among them as `TEXT`."""

FIRST_BIAS = -10.0
"""As in SigLIP: at the start nearly no pair is taken to belong together."""


class InfoNce(nn.Module):
    """Multi-positive InfoNCE between each two kinds."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._hardness = stage.hardness

    def forward(self, kinds: Kinds, against: Tensor, keys: Tensor, scale: Tensor) -> Tensor:
        """Inputs: against: [M, D], places of altered words; keys: [N]; scale: []. Returns: []."""
        positives = keys[:, None] == keys
        losses = []
        for one, two in combinations(kinds, 2):
            sides = (kinds[two], kinds[one], against) if one == TEXT else (kinds[one], kinds[two], None)
            losses.append(multi_positive(*sides[:2], positives, scale, against=sides[2], hardness=self._hardness))
        return torch.stack(losses).mean()


class Sigmoid(nn.Module):
    """Every pair of two kinds for itself; altered words are further texts that go with nothing."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(FIRST_BIAS))

    def forward(self, kinds: Kinds, against: Tensor, keys: Tensor, scale: Tensor) -> Tensor:
        """Inputs: as of `InfoNce`. Returns: []."""
        positives = keys[:, None] == keys
        losses = []
        for one, two in combinations(kinds, 2):
            right, belongs = kinds[one], positives
            if one == TEXT:
                right = torch.cat((right, against))
                belongs = nn.functional.pad(positives, (0, len(against)))
            losses.append(sigmoid(kinds[two], right, scale, self.bias, belongs))
        return torch.stack(losses).mean()


class Supervised(nn.Module):
    """All rows of one key; altered words belong to none."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()

    def forward(self, kinds: Kinds, against: Tensor, keys: Tensor, scale: Tensor) -> Tensor:
        """Inputs: as of `InfoNce`. Returns: []."""
        alone = len(keys) + torch.arange(len(against), device=keys.device)  # keys are numbers below
        return supervised(torch.cat((*kinds.values(), against)), torch.cat((*(keys,) * len(kinds), alone)), scale)


class Binding(nn.Module):
    """Each kind with the anchor."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._anchor = stage.anchor
        self._hardness = stage.hardness

    def forward(self, kinds: Kinds, against: Tensor, keys: Tensor, scale: Tensor) -> Tensor:
        """Inputs: as of `InfoNce`. Returns: []. Raises: ConfigError for matches without the anchor."""
        if self._anchor not in kinds:
            raise ConfigError(
                f"stage: everything is bound to {self._anchor}, but there are matches of {', '.join(kinds)} alone; "
                "expected it among them. Leave them out of the mixture, or give another anchor: anchor: text."
            )
        positives = keys[:, None] == keys
        more = {TEXT: against}
        return binding(kinds, self._anchor, scale, positives, against=more, hardness=self._hardness)


LOSSES: Mapping[Drawing, Callable[[Stage], nn.Module]] = {
    "infonce": InfoNce,
    "sigmoid": Sigmoid,
    "supervised": Supervised,
    "binding": Binding,
}
