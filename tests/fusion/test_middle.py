"""Cross-attention inside a decoder: shut it changes nothing, open it shows each token what it may see."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from sensorium.fusion.cross import GatedCrossBlock
from sensorium.fusion.middle import MiddleFusion, build_middle
from sensorium.language.config import AttentionConfig, DecoderConfig, build_decoder
from sensorium.language.decoder import Decoder

SIZES = DecoderConfig(
    vocabulary=30, width=16, layers=3, hidden=20, attention=AttentionConfig(heads=4, kv_heads=2, head_width=4)
)
POSITIONS = torch.arange(5).expand(2, -1)

close = torch.testing.assert_close


@dataclass(frozen=True)
class Case:
    decoder: Decoder
    fusion: MiddleFusion
    embeds: Tensor
    rows: Tensor

    def hidden(self, rows: Tensor | None = None, sees: Tensor | None = None) -> Tensor:
        works = self.fusion.works(self.fusion.look(self.rows if rows is None else rows), sees=sees)
        return self.decoder(self.embeds, POSITIONS, after=works)


@pytest.fixture
def case() -> Case:
    """A decoder and open cross-attention behind its first and last block."""
    torch.manual_seed(0)
    fusion = build_middle(width=16, source_width=6, heads=4, hidden=20, after=(0, 2))
    opened(fusion, 1.0)
    return Case(build_decoder(SIZES), fusion, torch.randn(2, 5, 16), torch.randn(2, 7, 6))


@torch.no_grad()
def opened(fusion: MiddleFusion, gate: float) -> None:
    for block in fusion.blocks:
        if isinstance(block, GatedCrossBlock):
            block.attention_gate.weight.fill_(gate)
            block.mlp_gate.weight.fill_(gate)


def test_shut_it_changes_nothing_but_its_gates_can_learn(case: Case) -> None:
    opened(case.fusion, 0.0)
    found = case.hidden()
    assert torch.equal(found, case.decoder(case.embeds, POSITIONS))
    (found * torch.randn_like(found)).sum().backward()
    learning = {name for name, each in case.fusion.named_parameters() if each.grad is not None and each.grad.any()}
    assert learning == {f"blocks.{index}.{gate}.weight" for index in (0, 1) for gate in ("attention_gate", "mlp_gate")}


def test_open_it_stands_behind_the_blocks_that_were_named(case: Case) -> None:
    first, last = case.fusion.look(case.rows)
    written_out = {0: lambda x: case.fusion.blocks[0](x, *first), 2: lambda x: case.fusion.blocks[1](x, *last)}
    close(case.hidden(), case.decoder(case.embeds, POSITIONS, after=written_out))


def test_every_parameter_and_row_gets_a_gradient(case: Case) -> None:
    rows = case.rows.requires_grad_()
    found = case.hidden(rows)
    (found * torch.randn_like(found)).sum().backward()
    assert all(each.grad is not None and each.grad.any() for each in case.fusion.parameters())
    assert rows.grad is not None
    assert rows.grad.abs().sum(dim=-1).min() > 0


def test_a_token_sees_only_what_it_may(case: Case) -> None:
    sees = torch.zeros(2, 5, 7, dtype=torch.bool)
    sees[0, 2:, :3] = True  # of the first talk, tokens from the third on see the first rows; of the second, none
    found = case.hidden(sees=sees)
    plain = case.decoder(case.embeds, POSITIONS)
    close(found[1], plain[1])
    close(found[0, :2], plain[0, :2])
    assert not torch.allclose(found[0, 2:], plain[0, 2:], atol=1e-3)
    close(case.hidden(case.rows.index_fill(1, torch.arange(3, 7), 9.0), sees), found)


def test_with_a_cache_it_is_the_same(case: Case) -> None:
    works = case.fusion.works(case.fusion.look(case.rows))
    cache = case.decoder.new_cache(2, 5)
    parts = []
    with torch.no_grad():
        for start, end in ((0, 3), (3, 4), (4, 5)):
            positions = POSITIONS[:, start:end]
            parts.append(case.decoder(case.embeds[:, start:end], positions, cache=cache, after=works))
    close(torch.cat(parts, dim=1), case.hidden(), atol=1e-5, rtol=1e-4)


def test_how_much_was_added_can_be_read(case: Case) -> None:
    sees = torch.zeros(2, 5, 7, dtype=torch.bool)
    sees[0, 2:] = True
    added: list[Tensor] = []
    case.decoder(case.embeds, POSITIONS, after=case.fusion.works(case.fusion.look(case.rows), sees=sees, added=added))
    assert len(added) == 2
    for each in added:
        assert torch.equal(each > 0, sees.any(dim=-1))


def test_gates_can_be_read(case: Case) -> None:
    opened(case.fusion, 0.5)
    expected = torch.tensor(0.5).tanh().item()
    assert case.fusion.openness() == {0: pytest.approx((expected, expected)), 2: pytest.approx((expected, expected))}
