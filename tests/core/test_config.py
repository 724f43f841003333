import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.config import apply_overrides, from_dict, to_dict
from sensorium.core.errors import ConfigError


@dataclass(frozen=True)
class Optim:
    """A nested part."""

    lr: float
    betas: tuple[float, float] = (0.9, 0.95)
    kind: Literal["adamw", "muon"] = "adamw"
    warmup: int = 100

    def __post_init__(self) -> None:
        if self.warmup < 0:
            raise ConfigError(f"warmup is {self.warmup}; expected 0 or more. Raise it.")

    @property
    def second(self) -> float:
        return self.betas[1]


@dataclass(frozen=True)
class Recipe:
    """One field of each type that configs may have."""

    name: str
    optim: Optim
    compile: bool = False
    seed: int | None = None
    sizes: tuple[int, ...] = ()
    mix: dict[str, float] = field(default_factory=dict)
    stages: tuple[Optim, ...] = ()
    start: int | str = 0
    resume: Optim | None = None
    extra: object = None
    made: str = field(default="here", init=False)


FULL = {
    "name": "nano",
    "optim": {"lr": 0.001, "betas": [0.8, 0.9], "kind": "muon", "warmup": 7},
    "compile": True,
    "seed": 3,
    "sizes": [96, 128],
    "mix": {"scenes": 1.0, "digits": 0.5},
    "stages": [{"lr": 1.0, "betas": [0.9, 0.95], "kind": "adamw", "warmup": 100}],
    "start": "last",
    "resume": None,
    "extra": {"anything": [1, None]},
}


def build(**changes: object) -> Recipe:
    return from_dict(Recipe, {"name": "x", "optim": {"lr": 1.0}} | changes, where="r.yaml")


def test_nested_values_arrive_typed() -> None:
    recipe = from_dict(Recipe, FULL, where="r.yaml")
    assert recipe.optim == Optim(0.001, (0.8, 0.9), "muon", 7)
    assert recipe.sizes == (96, 128)
    assert recipe.stages == (Optim(1.0),)
    assert (recipe.seed, recipe.start, recipe.compile, recipe.made) == (3, "last", True, "here")


def test_there_and_back_is_the_same_also_through_json() -> None:
    recipe = from_dict(Recipe, FULL, where="r.yaml")
    assert to_dict(recipe) == FULL
    assert from_dict(Recipe, json.loads(json.dumps(to_dict(recipe))), where="r.json") == recipe


@given(
    lr=st.floats(allow_nan=False),
    betas=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    sizes=st.lists(st.integers()).map(tuple),
    seed=st.none() | st.integers(),
    mix=st.dictionaries(st.text(), st.floats(allow_nan=False)),
)
def test_any_config_survives_the_way_through_json(
    lr: float, betas: tuple[float, float], sizes: tuple[int, ...], seed: int | None, mix: dict[str, float]
) -> None:
    recipe = Recipe("x", Optim(lr, betas), seed=seed, sizes=sizes, mix=mix)
    assert from_dict(Recipe, json.loads(json.dumps(to_dict(recipe))), where="x") == recipe


@pytest.mark.parametrize("text", ["3e-4", "3E-4", "+3.e-4", "3", "0.0003"])
def test_floats_as_yaml_gives_them(text: str) -> None:
    assert build(optim={"lr": yaml.safe_load(text)}).optim.lr == float(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optim": {"lr": "fast"}}, r"r\.yaml: optim\.lr: got 'fast' \(str\), expected float"),
        ({"optim": {"lr": "3"}}, r"optim\.lr: got '3' \(str\)"),
        ({"optim": {"lr": True}}, r"optim\.lr: got True \(bool\), expected float"),
        ({"optim": {"lr": 10**400}}, r"optim\.lr: got 1000.*\.\.\. \(int\), expected a float of at most"),
        ({"optim": 3}, r"optim: got 3 \(int\), expected a table"),
        ({"optim": {"lr": 1, "betas": [1]}}, r"optim\.betas: got \[1\] \(list\), expected a list of 2 values"),
        ({"optim": {"lr": 1, "betas": [1, "x"]}}, r"optim\.betas\[1\]: got 'x'"),
        (
            {"optim": {"lr": 1, "kind": "adam"}},
            r"optim\.kind: got 'adam' .*one of 'adamw', 'muon'. Did you mean 'adamw'",
        ),
        ({"optim": {"lr": 1, "warmup": 1.5}}, r"optim\.warmup: got 1\.5 \(float\), expected int"),
        ({"optim": {"lr": 1, "warmup": -1}}, r"r\.yaml: optim: warmup is -1; expected 0 or more"),
        ({"seed": True}, r"seed: got True \(bool\), expected int"),
        ({"compile": 1}, r"compile: got 1 \(int\), expected bool"),
        ({"sizes": "96"}, r"sizes: got '96' \(str\), expected a list"),
        ({"stages": [{"lr": 1}, {}]}, r"stages\[1\]: has no 'lr', which Optim needs"),
        ({"mix": {"a": None}}, r"mix\.a: got None"),
        ({"mix": {1: 2.0}}, r"mix\.1: got 1 \(int\), expected str"),
        ({"mix": []}, r"mix: got \[\] \(list\), expected a table"),
        ({"start": 1.5}, r"start: got 1\.5 \(float\), expected int or str"),
        ({"resume": {"rl": 1}}, r"resume: unknown key 'rl'"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(**changes)


def test_an_unknown_key_names_the_nearest_and_the_place() -> None:
    with pytest.raises(ConfigError, match=r"r\.yaml: optim: unknown key 'warmpu'.* Did you mean 'warmup'\?"):
        build(optim={"lr": 1, "warmpu": 3})


@pytest.mark.parametrize("key", ["made", "second", "__class__", 7])
def test_only_fields_of_the_constructor_are_keys(key: object) -> None:
    with pytest.raises(ConfigError, match="unknown key"):
        from_dict(Recipe, {"name": "x", "optim": {"lr": 1.0}, key: 1}, where="r.yaml")


def test_missing_keys_are_all_named() -> None:
    with pytest.raises(ConfigError, match=r"r\.yaml: has no 'name', 'optim', which Recipe needs"):
        from_dict(Recipe, {}, where="r.yaml")


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_the_whole_must_be_a_table(data: object) -> None:
    with pytest.raises(ConfigError, match=r"r\.yaml: got .* expected a table of keys"):
        from_dict(Recipe, data, where="r.yaml")


def test_a_field_type_that_configs_cannot_have_is_our_own_mistake() -> None:
    @dataclass(frozen=True)
    class Odd:
        path: Path

    with pytest.raises(TypeError, match="path: a config field cannot be of type Path"):
        from_dict(Odd, {"path": "x"}, where="r.yaml")


class TestOverrides:
    def test_values_go_where_their_key_says(self) -> None:
        data = {"name": "x", "optim": {"lr": 1.0}, "resume": None}
        changed = apply_overrides(
            data, ["optim.lr=3e-4", "resume.lr=2", "new.deep.key=[1, 2]", "name=a=b"], parse=yaml.safe_load
        )
        assert changed == {
            "name": "a=b",
            "optim": {"lr": "3e-4"},
            "resume": {"lr": 2},
            "new": {"deep": {"key": [1, 2]}},
        }
        assert data == {"name": "x", "optim": {"lr": 1.0}, "resume": None}

    def test_the_last_one_wins(self) -> None:
        assert apply_overrides({}, ["a=1", "a=2"], parse=int) == {"a": 2}

    @pytest.mark.parametrize(
        ("override", "parse", "message"),
        [
            ("lr", str, "override 'lr'; expected 'key=value'"),
            ("=3", str, "expected 'key=value'"),
            ("a..b=3", str, "expected 'key=value'"),
            ("name.first=3", str, r"goes into 'name', which is 'x' \(str\)"),
            ("seed=three", int, "'seed=three' cannot be read: invalid literal"),
        ],
    )
    def test_what_cannot_be_applied_is_named(self, override: str, parse: Callable[[str], object], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            apply_overrides({"name": "x"}, [override], parse=parse)
