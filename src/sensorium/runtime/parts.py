"""What a local model is made of, and how it is read from a folder."""

from dataclasses import dataclass, field
from pathlib import Path

from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.inputs.spec import InputSpec
from sensorium.media.limits import Limits
from sensorium.models.catalog import FAMILIES
from sensorium.models.nano.model import Nano
from sensorium.runtime.calibration import Calibration, Familiarity, read_calibration, read_familiarity


@dataclass(frozen=True, eq=False)
class Parts:
    """Network, tokenizer, input facts, and what was measured about their answers."""

    name: str
    network: Nano
    tokenizer: Tokenizer
    spec: InputSpec
    calibration: Calibration = field(default_factory=Calibration)
    familiarity: dict[str, Familiarity] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    @property
    def banned(self) -> tuple[int, ...]:
        """Ids that no answer may hold: all special tokens but the one that ends it."""
        return tuple(sorted(self.tokenizer.special_ids - {self.tokenizer.special(END)}))


def read_parts(family: str, folder: Path, *, name: str) -> Parts:
    """Read a model folder. Raises: CheckpointError when it is incomplete, damaged or of another family."""
    network, config, tokenizer = FAMILIES.resolve(family)(folder)
    return Parts(
        name=name,
        network=network,
        tokenizer=tokenizer,
        spec=config.inputs,
        calibration=read_calibration(folder),
        familiarity=read_familiarity(folder),
    )
