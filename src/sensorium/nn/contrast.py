"""Losses that bring together what belongs together: all are functions of rows of unit length and know no model.

CLIP's InfoNCE (Radford et al. 2021; van den Oord et al. 2018) is the multi-positive loss (SupCon's L_out, Khosla et al.
2020; UniCL, Yang et al. 2022) in which nothing but the pairs belongs together; ImageBind (Girdhar et al. 2023) is the
same between one modality and each of the others. Every loss may be taken of the first numbers of rows alone
(`matryoshka`, Kusupati et al. 2022).
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def info_nce(
    left: Tensor, right: Tensor, scale: Tensor, *, against: Tensor | None = None, hardness: float = 0.0
) -> Tensor:
    """Each row has to find its pair among all rows of the other side, in both directions.

    Inputs:
        left, right: [N, D], pairs in order.
        scale: [] what cosines are multiplied with: 1 / temperature.
        against: [M, D] more rows of the right side, which belong to nothing: hard negatives (NegCLIP, Yuksekgonul et
            al. 2023).

    Args:
        hardness: negatives weigh the more the nearer they are (Robinson et al. 2021, without their debiasing): that of
            one is exp(hardness * its score), the mean over the negatives of a row being 1. Weights are taken as they
            are, no gradient goes through them.

    Returns: [].
    """
    pairs = torch.eye(len(left), dtype=torch.bool, device=left.device)
    return multi_positive(left, right, pairs, scale, against=against, hardness=hardness)


def multi_positive(
    left: Tensor,
    right: Tensor,
    positives: Tensor,
    scale: Tensor,
    *,
    against: Tensor | None = None,
    hardness: float = 0.0,
) -> Tensor:
    """The same where a row may belong to several: the mean over those. Rows that belong to none do not count.

    Inputs: left: [A, D]; right: [B, D]; positives: [A, B] bool; scale, against, hardness: as of `info_nce`.

    Returns: [].
    """
    scores = scale * left @ right.T  # [A, B]
    among = scores if against is None else torch.cat((scores, scale * left @ against.T), dim=1)
    belongs = F.pad(positives, (0, among.shape[1] - len(right)))
    to_right = _found(_weighed(among, belongs, hardness).log_softmax(dim=1), belongs)
    to_left = _found(_weighed(scores.T, positives.T, hardness).log_softmax(dim=1), positives.T)
    return -(to_right + to_left) / 2


def supervised(rows: Tensor, labels: Tensor, scale: Tensor) -> Tensor:
    """Rows of one label belong together, each apart from itself (SupCon). Inputs: rows: [N, D]; labels: [N]."""
    others = ~torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    scores = (scale * rows @ rows.T).masked_fill(~others, -torch.inf)
    chances = scores.log_softmax(dim=1).masked_fill(~others, 0.0)
    return -_found(chances, (labels[:, None] == labels) & others)


def sigmoid(left: Tensor, right: Tensor, scale: Tensor, bias: Tensor, positives: Tensor | None = None) -> Tensor:
    """SigLIP (Zhai et al. 2023): every pair is judged for itself, whether it belongs together.

    Inputs: left: [A, D]; right: [B, D]; scale, bias: []; positives: [A, B] bool, None for pairs in order.

    Returns: [], the sum over all pairs divided by A.
    """
    if positives is None:
        positives = torch.eye(len(left), len(right), dtype=torch.bool, device=left.device)
    scores = scale * left @ right.T + bias
    return -F.logsigmoid(torch.where(positives, scores, -scores)).sum() / len(left)


def binding(
    rows: Mapping[str, Tensor],
    anchor: str,
    scale: Tensor,
    positives: Tensor | None = None,
    *,
    against: Mapping[str, Tensor] | None = None,
    hardness: float = 0.0,
) -> Tensor:
    """Several modalities of the same things, each bound to one of them alone (ImageBind).

    Inputs:
        rows: by modality, [N, D].
        anchor: one of these.
        positives: [N, N] bool, None for pairs in order.
        against: by modality, [M, D] more rows of it, which belong to nothing.
        hardness: as of `info_nce`.

    Returns: [], the mean over the other modalities.
    """
    bound, more = rows[anchor], against or {}
    if positives is None:
        positives = torch.eye(len(bound), dtype=torch.bool, device=bound.device)
    losses = []
    for name, other in rows.items():
        if name == anchor:
            continue
        sides = (other, bound, positives.T) if anchor in more else (bound, other, positives)
        some = more.get(anchor, more.get(name))
        losses.append(multi_positive(*sides, scale, against=some, hardness=hardness))
    return torch.stack(losses).mean()


def matryoshka(loss: Callable[..., Tensor], rows: Sequence[Tensor], widths: Sequence[int]) -> Tensor:
    """The mean of a loss over widths: of so many first numbers of all rows, made of unit length again.

    Inputs: loss: of as many tensors as there are in `rows`, each [N, D] of unit length. Returns: [].
    """
    return torch.stack([loss(*(cut(each, width) for each in rows)) for width in widths]).mean()


def cut(rows: Tensor, width: int) -> Tensor:
    """The first `width` numbers, of unit length again. Inputs: rows: [..., D]. Returns: [..., width]."""
    return F.normalize(rows[..., :width], dim=-1)


def _found(chances: Tensor, positives: Tensor) -> Tensor:
    """The mean logarithm of the chance of a row's own, over rows that have some. Inputs: [A, B] both. Returns: []."""
    counts = positives.sum(dim=1)
    own = torch.where(positives, chances, 0.0).sum(dim=1) / counts.clamp(min=1)
    return own.sum() / (counts > 0).sum().clamp(min=1)


def _weighed(scores: Tensor, positives: Tensor, hardness: float) -> Tensor:
    """Scores to which the logarithm of each negative's weight is added. Inputs, returns: [A, B]."""
    if hardness == 0:
        return scores
    apart = (hardness * scores.detach()).masked_fill(positives, -torch.inf)
    counts = (~positives).sum(dim=1, keepdim=True).to(scores.dtype)
    return scores + (apart.log_softmax(dim=1) + counts.log()).masked_fill(positives, 0.0)
