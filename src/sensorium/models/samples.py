"""The samples that come with the package: small files with questions whose true answers are known.

nano/samples/samples.json   what is asked about which files
nano/samples/LICENCES.md    who made them; data/samples.py writes the files themselves
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sensorium.core.config import from_dict
from sensorium.core.errors import CheckpointError

FOLDER = Path(__file__).parent / "nano" / "samples"


@dataclass(frozen=True)
class BundledSample:
    """A question about files of `FOLDER`, and its true answer, both in `language`."""

    files: tuple[str, ...]
    question: str
    answer: str
    about: str
    language: Literal["en", "zh"] = "en"

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the files lie."""
        return tuple(FOLDER / name for name in self.files)

    def is_right(self, answer: str) -> bool:
        """Whether an answer is the true one; capitals, spaces and a mark at the end do not count."""
        return _plain(answer) == _plain(self.answer)


def bundled_samples() -> tuple[BundledSample, ...]:
    """All samples, in the order in which they are shown. Raises: CheckpointError when they are not installed."""
    path = FOLDER / "samples.json"
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a readable list of samples ({error}). Install sensorium again.") from error
    return tuple(from_dict(BundledSample, each, where=str(path)) for each in listed)


def _plain(text: str) -> str:
    return "".join(text.casefold().split()).rstrip(".。!！?？")
