"""A rule cuts a tensor of ours into views of theirs, and contradictions in a table are found when it is made."""

import pytest
import torch

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.weights.rules import Rule, affine, join, layers, numbers_in, rename, reshape, split, transpose


def test_views_have_the_shapes_of_theirs_and_share_memory() -> None:
    ours = torch.zeros(6, 4)
    for rule, shapes in [
        (rename("a", "b"), [(6, 4)]),
        (join("q", "k", "v", ours="b", sizes=(2, 1, 3)), [(2, 4), (1, 4), (3, 4)]),
        (join("q", "k", "v", ours="b"), [(2, 4)] * 3),
        (transpose("a", "b"), [(4, 6)]),
        (reshape("a", "b", (2, 3, 2, 2)), [(2, 3, 2, 2)]),
        (split("a", "b", "c", sizes=(6, 2))[0], [(6, 4)]),
    ]:
        views = rule.theirs_of(ours)
        assert [tuple(each.shape) for each in views] == shapes
        ours.zero_()
        for number, view in enumerate(views, 1):
            view.fill_(number)
        assert sorted(set(ours.flatten().tolist())) == list(range(1, len(views) + 1))


@pytest.mark.parametrize(
    ("rule", "shape"),
    [
        (join("q", "k", "v", ours="b", sizes=(2, 1, 3)), (5, 4)),
        (join("q", "k", "v", ours="b"), (5, 4)),
        (join("q", "k", ours="b"), ()),
        (split("a", "b", "c", sizes=(6, 2))[1], (6, 4)),
        (transpose("a", "b"), (4,)),
        (reshape("a", "b", (2, 3)), (4,)),
    ],
)
def test_a_tensor_that_cannot_be_cut_is_refused(rule: Rule, shape: tuple[int, ...]) -> None:
    assert rule.misfit(shape)
    with pytest.raises(CheckpointError, match=r"does not suit .* same config"):
        rule.theirs_of(torch.zeros(shape))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((), "b"), "0 names of theirs"),
        ((("",), "b"), "1 names of theirs"),
        ((("a", "c"), "b"), "2 names of theirs; expected one"),
        ((("a.{}",), "b"), "not as many"),
        ((("a",), "b.{}"), "not as many"),
        ((("a", "c"), "b", "join", (1,)), "joins 2 parts but has 1 sizes"),
        ((("a",), "b", "rows", (1, 2)), "takes rows"),
        ((("a",), "b", "rows", (2, 2, 3)), "takes rows"),
        ((("a",), "b", "rows", (0, 4, 3)), "takes rows"),
        ((("a",), "b", "reshape"), "without sizes"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Rule(*arguments)  # type: ignore[arg-type]


def test_split_wants_a_size_for_each_name() -> None:
    with pytest.raises(ConfigError, match="2 names but 1 sizes"):
        split("a", "b", "c", sizes=(3,))
    assert [rule.sizes for rule in split("a", "b", "c", "d", sizes=(3, 1, 2))] == [(0, 3, 6), (3, 4, 6), (4, 6, 6)]


def test_rules_are_written_once_for_all_layers() -> None:
    rules = layers(
        "h.{}.", "blocks.{}.", *affine("fc", "up"), join("q", "", ours="qkv"), affine("ln", "norm", bias=False)
    )
    assert [(rule.theirs, rule.ours) for rule in rules] == [
        (("h.{}.fc.weight",), "blocks.{}.up.weight"),
        (("h.{}.fc.bias",), "blocks.{}.up.bias"),
        (("h.{}.q", ""), "blocks.{}.qkv"),
        (("h.{}.ln.weight",), "blocks.{}.norm.weight"),
    ]


def test_numbers_are_digits_and_all_else_is_literal() -> None:
    assert numbers_in("h.{}.e.{}.w", "h.3.e.12.w") == ("3", "12")
    assert numbers_in("h.{}.w", "h.x.w") is None
    assert numbers_in("h.{}.w", "h.3.w.w") is None
    assert numbers_in("a.w", "aXw") is None
