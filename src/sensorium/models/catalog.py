"""Names to models: what `sensorium models` lists and `--model` takes, apart from folders."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sensorium.core.catalogue import Catalogue, Entry
from sensorium.core.errors import CheckpointError, UsageError
from sensorium.core.names import did_you_mean

if TYPE_CHECKING:  # a list of names needs no torch
    from sensorium.models.answerer import Answerer

DEFAULT = "nano"
BUNDLED = Path(__file__).parent / "nano" / "weights"
"""The folder of the model that comes with the package."""


class Loader(Protocol):
    """Reads a model folder of one family."""

    def __call__(self, folder: Path) -> "Answerer":
        """The model, ready to be asked. Raises: CheckpointError."""


FAMILIES: Catalogue[Loader] = Catalogue(
    "model",
    (
        Entry(
            name=DEFAULT,
            target="sensorium.models.nano.answerer:load",
            summary="bundled: digits, clothing, sounds, scenes, charts, moving shapes; short answers, en and zh",
            modalities=("text", "image", "audio", "video"),
            licence="Apache-2.0",
            source="bundled",
        ),
    ),
)


def find(name: str) -> tuple[str, Path]:
    """The family and the folder that a name or a path stands for.

    Raises: UsageError for a name that is in no catalogue and is no folder; CheckpointError for a folder without a
    model.
    """
    if name == DEFAULT:
        return DEFAULT, BUNDLED
    folder = _folder(name)
    if folder is None:
        raise UsageError(
            f"There is no model named '{name}', and no such folder; there are: {', '.join(FAMILIES.names())}."
            f"{did_you_mean(name, FAMILIES.names())} Give one of these, or the path of a model folder."
        )
    if not (folder / "config.json").is_file():
        raise CheckpointError(f"{folder}: no config.json, so not a model folder. Give the folder that training wrote.")
    return DEFAULT, folder


def _folder(name: str) -> Path | None:
    """The folder at a path; None for one that is not there, cannot be reached, or is no path at all."""
    try:
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError):  # a name too long, a folder of another user's, "~" of a user who is not there
        return None


def card_template(family: str) -> Path:
    """The card of a family, with places for what is measured (evaluation/card.py)."""
    return Path(__file__).parent / family / "card.md"
