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


def info_nce(left: Tensor, right: Tensor, scale: Tensor, *, against: Tensor | None = None) -> Tensor:
    """Each row has to find its pair among all rows of the other side, in both directions.

    Inputs:
        left, right: [N, D], pairs in order.
        scale: [] what cosines are multiplied with: 1 / temperature.
        against: [M, D] more rows of the right side, which belong to nothing: hard negatives (NegCLIP, Yuksekgonul et
            al. 2023).

    Returns: [].
    """
    pairs = torch.eye(len(left), dtype=torch.bool, device=left.device)
    return multi_positive(left, right, pairs, scale, against=against)


def multi_positive(
    left: Tensor, right: Tensor, positives: Tensor, scale: Tensor, *, against: Tensor | None = None
) -> Tensor:
    """The same where a row may belong to several: the mean over those. Rows that belong to none do not count.

    Inputs: left: [A, D]; right: [B, D]; positives: [A, B] bool; scale, against: as of `info_nce`.

    Returns: [].
    """
    scores = scale * left @ right.T  # [A, B]
    among = scores if against is None else torch.cat((scores, scale * left @ against.T), dim=1)
    to_right = _found(among.log_softmax(dim=1)[:, : len(right)], positives)
    to_left = _found(scores.log_softmax(dim=0).T, positives.T)
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


def hardened(left: Tensor, right: Tensor, scale: Tensor, *, hardness: float) -> Tensor:
    """InfoNCE in which negatives weigh the more the nearer they are (Robinson et al. 2021, without their debiasing).

    The weight of a negative is exp(hardness * its score), the mean over the negatives of a row being 1; weights are
    taken as they are, no gradient goes through them. With a hardness of 0 it is `info_nce`.

    Inputs: as of `info_nce`. Returns: [].
    """
    scores = scale * left @ right.T
    pairs = torch.eye(len(left), dtype=torch.bool, device=left.device)
    return (_hard(scores, pairs, hardness) + _hard(scores.T, pairs, hardness)) / 2


def binding(rows: Mapping[str, Tensor], anchor: str, scale: Tensor, positives: Tensor | None = None) -> Tensor:
    """Several modalities of the same things, each bound to one of them alone (ImageBind).

    Inputs: rows: by modality, [N, D]; anchor: one of these; positives: [N, N] bool, None for pairs in order.

    Returns: [], the mean over the other modalities.
    """
    bound = rows[anchor]
    if positives is None:
        positives = torch.eye(len(bound), dtype=torch.bool, device=bound.device)
    losses = [multi_positive(bound, other, positives, scale) for name, other in rows.items() if name != anchor]
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


def _hard(scores: Tensor, pairs: Tensor, hardness: float) -> Tensor:
    apart = (hardness * scores.detach()).masked_fill(pairs, -torch.inf)
    weights = apart.log_softmax(dim=1) + (scores.new_tensor(scores.shape[1] - 1.0)).log()
    weighted = scores + weights.masked_fill(pairs, 0.0)
    return -weighted.log_softmax(dim=1).diagonal().mean()
