"""A recipe: the YAML that trains a model, as frozen dataclasses. Unknown keys raise."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from sensorium.core.config import apply_overrides, from_dict
from sensorium.core.errors import ConfigError
from sensorium.data.mixture import Share
from sensorium.models.nano.config import NanoConfig
from sensorium.training.stage import Stage


@dataclass(frozen=True)
class Optimiser:
    """Muon for the matrices of the blocks, AdamW for all else (or AdamW for all); warm-up, then `schedule`.

    schedule: `plateau` keeps the rates and lets them fall to zero in a line over the share `decay` of the steps, at the
        end; `cosine` lets them fall along half a wave from the start.
    accumulate: draws of micro-batches that make a step; processes share them (training/processes.py).
    recompute: keep less in memory for the gradients, for a third more time (training/recompute.py).
    at_once: of a space, matches whose graph is kept at a time, for a third more time; None for a whole micro-batch.
    pack: tokens in a row that talks share, so that little is computed for padding (training/packing.py); None for one
        talk a row, beside others of like length.
    strategy: of several processes each has the whole model (`replicated`), or a piece of it (`sharded`).
    """

    muon_rate: float = 0.02
    adam_rate: float = 0.002
    weight_decay: float = 0.05
    warmup: int = 60
    decay: float = 0.3
    clip: float = 1.0
    matrices: Literal["muon", "adamw"] = "muon"
    schedule: Literal["plateau", "cosine"] = "plateau"
    accumulate: int = 1
    recompute: bool = False
    at_once: int | None = None
    pack: int | None = None
    strategy: Literal["replicated", "sharded"] = "replicated"

    def __post_init__(self) -> None:
        if self.at_once is not None and self.at_once < 1:
            raise ConfigError(
                f"optimiser: got at_once {self.at_once}; expected at least 1, or nothing for all. Correct it."
            )
        if self.accumulate < 1 or self.clip <= 0 or (self.pack is not None and self.pack < 1):
            raise ConfigError(
                f"optimiser: got accumulate {self.accumulate}, clip {self.clip} and pack {self.pack}; expected at "
                "least 1, more than 0, and at least 1 or nothing. Correct them."
            )


@dataclass(frozen=True)
class Recipe:
    """All that a run depends on, apart from the machine.

    `naming` is the weight of the second task (training/answers.py) beside the answers, 0 for none.
    `averaging` is the decay per step of the running mean of the weights, which is what is validated and kept.
    `threads` micro-batches are computed at a time on a CPU, while `workers` processes prepare those to come.
    `start` is the folder, or the id of the Hub, of a model of any family that the run begins with. Without it a `nano`
    of the sizes in `model` begins from nothing; with the folder of a `nano`, `model` has to be the same or left out. A
    path that ends in .yaml is a composed model's (models/composed), which is put together first.
    `stage` says what is learnt by which parts (training/stage.py): everything, if nothing else is said.
    """

    name: str
    steps: int
    mixture: dict[str, Share]
    data_root: str = "../shared/data"
    output: str = "runs/nano"
    start: str | None = None
    seed: int = 1
    micro_batches: int = 4
    model: NanoConfig | None = None
    stage: Stage = field(default_factory=Stage)
    optimiser: Optimiser = field(default_factory=Optimiser)
    averaging: float = 0.995
    naming: float | None = None
    precision: Literal["fp32", "bf16"] = "bf16"
    tokenizer_samples: int = 300
    validate_every: int = 500
    validation_samples: int = 64
    save_every: int = 250
    workers: int = 1
    threads: int = 2

    def __post_init__(self) -> None:
        if not self.mixture:
            raise ConfigError("recipe: mixture is empty; expected a domain. Add one, for example scenes: {}.")
        for name in ("steps", "micro_batches", "tokenizer_samples", "validate_every", "save_every", "threads"):
            value = getattr(self, name)
            if value < 1:
                raise ConfigError(f"recipe: {name} is {value}; expected at least 1. Give a larger number.")
        if self.workers < 0 or self.validation_samples < 0 or not 0.0 <= self.averaging < 1.0:
            raise ConfigError(
                f"recipe: got workers {self.workers}, validation_samples {self.validation_samples}, averaging "
                f"{self.averaging}; expected the first two not negative, averaging from 0 to under 1. Correct them."
            )
        if self.stage.kind == "contrastive" and self.optimiser.strategy == "sharded":
            raise ConfigError(
                "recipe: got strategy sharded for a contrastive stage, whose temperature is a single number and cannot "
                "be cut in pieces; expected replicated. With stage.gathered, processes share each micro-batch."
            )


def read_recipe(path: Path, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe and apply `key=value` overrides.

    Raises: ConfigError when the file is missing, is not YAML, or says something that a recipe does not know.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not a readable recipe ({error}). Give the path of a YAML file.") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: got {type(data).__name__}, expected keys and values. See recipes/nano.yaml.")
    return from_dict(Recipe, apply_overrides(data, overrides, parse=_parse), where=str(path))


def _parse(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
