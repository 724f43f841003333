"""Recipes are read strictly: unknown keys, wrong values and contradictions are named."""

from pathlib import Path

import pytest

from sensorium.core.errors import ConfigError
from sensorium.data.catalog import domains
from sensorium.data.matches.catalog import sources
from sensorium.data.mixture import Share
from sensorium.training.preparation import Steps
from sensorium.training.recipe import read_recipe
from sensorium.training.trainer import Trainer

RECIPES = Path(__file__).parents[2] / "recipes"
PLAIN = "name: tiny\nsteps: 5\nmixture:\n  scenes: {weight: 2, batch: 4}\n  tones: {}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "tiny.yaml").write_text(PLAIN)
    return tmp_path / "tiny.yaml"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_recipe_that_comes_along_is_one(path: Path) -> None:
    recipe = read_recipe(path)
    known = sources if recipe.stage.kind == "contrastive" else domains
    assert set(recipe.mixture) <= set(known(Path("nowhere")))


SMALL = [
    "mixture={scenes: {weight: 14, batch: 6, turns: 6}, tones: {weight: 1.5, batch: 4, turns: 4}, moving: {batch: 3, "
    "turns: 4}}",
    *("micro_batches=2", "precision=fp32", "tokenizer_samples=20"),
    "model={vision: {width: 16, layers: 1, heads: 2, hidden: 24, stem: [8, 8]}, audio: {width: 16, layers: 1, heads: "
    "2, hidden: 24, stem: [4, 4, 8]}, video: {width: 24, layers: 1, heads: 2, hidden: 24, stem: [4, 8, 8]}, language: "
    "{vocabulary: 600, width: 32, layers: 1, heads: 4, kv_heads: 2, hidden: 48}}",
]


def test_the_recipe_of_nano_gives_the_losses_that_it_always_gave(tmp_path: Path) -> None:
    """Of a smaller model on drawn material, but the same settings: recorded with grounds that have patterns."""
    recipe = read_recipe(RECIPES / "nano.yaml", [*SMALL, f"output={tmp_path}"])
    trainer = Trainer(recipe, tmp_path)
    steps = Steps(trainer.mixture, trainer.objective.tutor, 3)
    expected = [
        {"scenes": 6.6154161, "tones": 6.5330750},
        {"scenes": 6.5811494, "tones": 6.6233675},
        {"scenes": 6.5418170, "tones": 6.6100818},
    ]
    for step, losses in enumerate(expected):
        assert trainer.learn(steps[step]) == pytest.approx(losses, rel=1e-4)


def test_what_is_not_said_has_defaults(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.mixture == {"scenes": Share(2.0, 4), "tones": Share()}
    assert (recipe.seed, recipe.precision, recipe.start) == (1, "bf16", None)


def test_a_space_in_pieces_is_refused_before_anything_is_read(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"strategy sharded for a contrastive stage.*expected replicated"):
        read_recipe(path, ["stage.kind=contrastive", "optimiser.strategy=sharded"])


def test_overrides_come_last(path: Path) -> None:
    recipe = read_recipe(
        path,
        ["steps=7", "optimiser.muon_rate=1e-3", "mixture.moving={batch: 2}", "start=null", "model.vision.layers=2"],
    )
    assert (recipe.steps, recipe.optimiser.muon_rate, recipe.model and recipe.model.vision.layers) == (7, 0.001, 2)
    assert list(recipe.mixture) == ["scenes", "tones", "moving"]


def test_a_share_may_say_how_many_are_answered(path: Path) -> None:
    recipe = read_recipe(path, ["mixture.scenes.answered=3"])
    assert recipe.mixture["scenes"] == Share(2.0, 4, answered=3)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("step=7", "unknown key 'step'.*'steps'"),
        ("optimiser.rate=1", "optimiser: unknown key 'rate'"),
        ("steps", "override 'steps'; expected 'key=value'"),
        ("steps=[", "value in the override 'steps=\\[' cannot be read"),
        ("steps=many", "steps: got 'many'"),
        ("steps=0", "steps is 0; expected at least 1"),
        ("validate_every=0", "validate_every is 0; expected at least 1"),
        ("save_every=-1", "save_every is -1"),
        ("workers=-1", "workers -1"),
        ("averaging=1.0", "averaging 1.0; expected"),
        ("stage={kind: aline}", "stage.kind: got 'aline'"),
        ("optimiser.accumulate=0", "got accumulate 0"),
        ("precision=fp16", "precision: got 'fp16'.*'fp32'"),
        ("mixture={}", "mixture is empty"),
        ("mixture.scenes.weight=0", "got weight 0"),
        ("mixture.scenes.weight=.inf", "got weight inf"),
        (
            "mixture.scenes.batch=0",
            "batch 0 and turns 8; expected a weight above 0, and a batch and turns of at least 1",
        ),
        ("mixture.scenes.answered=5", "answered is 5; expected 1 to 4, the batch, or nothing for all"),
        ("model.vision.heads=5", r"vision\.width is 192; expected a positive multiple of 4 vision\.heads"),
    ],
)
def test_what_cannot_be_is_named(path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_recipe(path, [override])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"- a\n- b\n", "got list, expected keys and values"),
        (b"", "got NoneType"),
        (b"a: [", "not a readable recipe"),
        (b"\xff\xfe\xfa", "not a readable recipe"),
        (b"a: !!python/object:os.system x", "not a readable recipe"),
        (b"steps: 5\n", "has no 'name', 'mixture'"),
    ],
)
def test_files_that_are_no_recipes(path: Path, data: bytes, message: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        read_recipe(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.yaml: not a readable recipe"):
        read_recipe(tmp_path / "no.yaml")
