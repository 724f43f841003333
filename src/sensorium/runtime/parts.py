"""What a local model is made of, and how it is read from a folder."""

from dataclasses import dataclass, field
from pathlib import Path

from sensorium.media.limits import Limits
from sensorium.models.answerer import Answerer
from sensorium.models.catalog import FAMILIES
from sensorium.runtime.calibration import Calibration, Familiarity, read_calibration, read_familiarity


@dataclass(frozen=True, eq=False)
class Parts:
    """A model that can be asked, what was measured about its answers, and what files it may read."""

    name: str
    model: Answerer
    calibration: Calibration = field(default_factory=Calibration)
    familiarity: dict[str, Familiarity] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


def read_parts(family: str, folder: Path, *, name: str) -> Parts:
    """Read a model folder. Raises: CheckpointError when it is incomplete, damaged or of another family."""
    return Parts(
        name=name,
        model=FAMILIES.resolve(family)(folder),
        calibration=read_calibration(folder),
        familiarity=read_familiarity(folder),
    )
