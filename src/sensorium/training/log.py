"""The log of a run, a line of JSON for each entry, and what a run reports while it goes.

    {"step": 500, "loss": {"scenes": 1.21}, "validation": {"scenes": 0.63}, "held_out": {"scenes": [1.30, 2.84]}}

`loss` is the mean since the last entry; `validation` the share of answers right; `held_out` the loss of held-out
samples as they are, and with their media blanked (null where there are none).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.errors import UnreadableMedia
from sensorium.core.files import write_atomic

LOG = "log.jsonl"
"""In the folder of a run."""

Entry = dict[str, Any]
Log = list[Entry]

BLIND = 1.02
"""How many times the loss has to grow when media are blanked, for them to count."""


@dataclass(frozen=True)
class HeldOut:
    """How well held-out samples of a domain are known.

    right: share of answers. loss: mean per token. blanked: the same with nothing to be seen or heard, None for text.
    """

    right: float
    loss: float
    blanked: float | None

    @property
    def blind(self) -> bool:
        """Whether it makes no difference what the media show."""
        return self.blanked is not None and self.blanked < BLIND * self.loss


@dataclass(frozen=True)
class Progress:
    """What a run reports: mean losses by domain since the last report, and at times how held-out samples are known."""

    step: int
    steps: int
    losses: dict[str, float]
    samples_per_second: float
    seconds_left: float
    held_out: dict[str, HeldOut] | None = None

    @property
    def validation(self) -> dict[str, float] | None:
        """Share of answers right, by domain."""
        return None if self.held_out is None else {name: each.right for name, each in self.held_out.items()}


def entry(step: int, recent: dict[str, list[float]], held_out: dict[str, HeldOut] | None) -> Entry:
    """An entry of a log."""
    losses = {name: round(sum(values) / len(values), 4) for name, values in recent.items()}
    made: Entry = {"step": step, "loss": losses}
    if held_out:
        made["validation"] = {name: each.right for name, each in held_out.items()}
        made["held_out"] = {name: [_rounded(each.loss), _rounded(each.blanked)] for name, each in held_out.items()}
    return made


def append_entry(path: Path, made: Entry) -> None:
    """Add a line at once. Raises: OSError."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(made) + "\n")


def write_log(path: Path, log: Log) -> None:
    """Write all of it: what a run that was killed had logged after its last checkpoint goes. Raises: OSError."""
    write_atomic(path, "".join(json.dumps(made) + "\n" for made in log).encode())


def read_log(path: Path) -> Log:
    """Raises: UnreadableMedia when the file is missing or no log."""
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise UnreadableMedia(f"{path}: not a readable log ({error}). Give the folder of a run.") from error


def is_stale(log: Log, patience: int | None) -> bool:
    """Whether the mean loss of held-out samples has not fallen for `patience` validations."""
    losses = [
        sum(loss for loss, _ in made["held_out"].values()) / len(made["held_out"]) for made in log if "held_out" in made
    ]
    return patience is not None and len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
