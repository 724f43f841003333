"""Pooled rows, who sees whom, and what a cache remembers."""

import torch
from tests.models.gemma3.make_golden import batch, talks
from tests.models.gemma3.reference import KINDS, ROWS
from torch import nn

from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.early import EarlyFusion
from sensorium.models.gemma3.config import read_config
from sensorium.models.gemma3.model import PooledConnector, build, view_groups

CONFIG = read_config(KINDS["pieces"])


def model() -> EarlyFusion:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build(CONFIG).eval().requires_grad_(False)


def test_each_square_of_patches_becomes_its_mean() -> None:
    connector = PooledConnector(width=1, out=1, pool=2, eps=0.0)
    connector.norm = nn.Identity()  # type: ignore[assignment]
    nn.init.ones_(connector.out.weight)
    grid = torch.arange(16.0).view(1, 16, 1)
    assert connector(grid).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]


def test_every_view_is_a_group_of_its_own() -> None:
    groups = view_groups(batch(talks(CONFIG)))
    assert [(groups[0] == number).sum() for number in range(4)] == [ROWS, ROWS, ROWS, 0]  # 30x44 is cut in two
    assert [int((groups[1] == number).sum()) for number in range(6)] == [ROWS] * 5 + [0]
    ids = torch.ones(1, 3, dtype=torch.int64)
    assert view_groups(ModelInputs(ids, ids, None, (), ())).tolist() == [[-1, -1, -1]]


def test_the_rows_of_a_view_see_each_other_and_nothing_else_that_follows() -> None:
    made = model()
    given = made.encode(batch(talks(CONFIG)))
    before = made(given)[0]
    given.media[0].rows[0][2 * ROWS - 1].neg_()  # the last row of the second view of the first prompt
    changed = ~torch.isclose(before, made(given)[0], atol=1e-6).all(dim=-1)
    first = int((view_groups(given)[0] == 1).nonzero()[0])
    assert changed.nonzero().flatten().tolist() == list(range(first, len(changed)))


def test_a_prompt_that_follows_what_a_cache_has_is_as_if_given_at_once() -> None:
    made, talk = model(), talks(CONFIG)[1]
    given = batch([talk])
    whole = made(given)
    cut = int((view_groups(given)[0] == 1).nonzero()[0]) - 1  # between the two pictures
    cache = made.new_cache(*given.ids.shape)
    made(batch([Talk(talk.ids[:cut], talk.items[:1], [])]), cache)
    torch.testing.assert_close(made(given.after(cut), cache), whole[:, cut:], atol=1e-5, rtol=1e-5)
