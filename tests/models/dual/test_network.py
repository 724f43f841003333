"""Two encoders into one space: unit length, scores with and without a bias, and what one tower alone cannot give."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import UsageError
from sensorium.models.dual.network import DualEncoder


class Fake(nn.Module):
    """An encoder whose rows are its inputs, in the type of its one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, rows: Tensor, present: Tensor | None = None) -> Tensor:
        return rows.to(self.weight) * self.weight


def dual(*, bias: float | None = None, image: bool = True, text: bool = True) -> DualEncoder:
    return DualEncoder(
        image=Fake() if image else None,  # type: ignore[arg-type]
        text=Fake() if text else None,  # type: ignore[arg-type]
        width=3,
        logit_scale=torch.tensor(2.0).log() if image and text else None,
        logit_bias=None if bias is None else torch.tensor([bias]),
    )


ROWS = torch.tensor([[3.0, 0.0, 4.0], [0.0, -2.0, 0.0]])


def test_embeddings_have_unit_length_in_fp32() -> None:
    network = dual().bfloat16()
    for found in (network.embed_images(ROWS), network.embed_texts(ROWS)):
        torch.testing.assert_close(found, torch.tensor([[0.6, 0.0, 0.8], [0.0, -1.0, 0.0]]), atol=1e-2, rtol=0)
        assert found.dtype == torch.float32


def test_texts_are_rivals_without_a_bias_and_judged_alone_with_one() -> None:
    images, texts = F.normalize(ROWS, dim=1), F.normalize(torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), dim=1)
    scores = dual().scores(images, texts)
    torch.testing.assert_close(scores, torch.tensor([[1.6, 1.2], [0.0, 0.0]]))
    torch.testing.assert_close(dual().chances(scores), scores.softmax(dim=1))
    judged = dual(bias=-1.0)
    torch.testing.assert_close(judged.scores(images, texts), scores - 1.0)
    torch.testing.assert_close(judged.chances(scores), scores.sigmoid())


@pytest.mark.parametrize(("image", "there", "missing"), [(True, "vision", "text"), (False, "text", "vision")])
def test_one_tower_alone_gives_only_its_own(image: bool, there: str, missing: str) -> None:
    network = dual(image=image, text=not image)
    embeds: dict[str, Callable[[Tensor], Tensor]] = {"vision": network.embed_images, "text": network.embed_texts}
    assert embeds[there](ROWS).shape == (2, 3)
    with pytest.raises(UsageError, match=rf"it has no {missing} tower\. Load"):
        embeds[missing](ROWS)
    with pytest.raises(UsageError, match=rf"gives no scores: it has no {missing} tower"):
        network.scores(ROWS, ROWS)
