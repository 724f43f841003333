"""All kinds of matches by the names that recipes use; nothing is read before the first is drawn."""

from collections.abc import Callable
from pathlib import Path

from sensorium.core.errors import UsageError
from sensorium.core.names import did_you_mean
from sensorium.data.matches import digits, made, real
from sensorium.data.matches.match import Matches, Source
from sensorium.data.readers.caltech import Caltech
from sensorium.data.readers.esc10 import Esc10
from sensorium.data.readers.fashion import FashionMnist
from sensorium.data.readers.fsdd import Fsdd
from sensorium.data.readers.mnist import Mnist


def sources(root: Path) -> dict[str, Callable[[], Source]]:
    """A maker of every kind by name; real sets lie in folders of `root`."""

    def photos() -> Caltech:
        return Caltech(root / "caltech101-small")

    def sounds() -> Esc10:
        return Esc10(root / "esc10")

    return {
        "digits": lambda: digits.WrittenAndSpoken(Mnist(root / "mnist"), Fsdd(root / "fsdd")),
        "moving-digits": lambda: digits.MovingDigits(Mnist(root / "mnist"), Fsdd(root / "fsdd")),
        "photos": lambda: real.Named(photos(), real.photo_names(), kind="name"),
        "clothes": lambda: real.Named(FashionMnist(root / "fashion-mnist"), real.clothes_names(), kind="name"),
        "sounds": lambda: real.Named(sounds(), real.sound_names(), kind="sound", sentences=real.SOUND_SENTENCES),
        "echoes": lambda: real.SeenAndHeard(photos(), sounds()),
        "scenes": made.CaptionedScenes,
        "moving": made.CaptionedFilms,
        "tones": made.CaptionedSounds,
        "reading": made.Lines,
    }


def matches(name: str, root: Path) -> Matches:
    """The matches of that name. Raises: UsageError for an unknown one."""
    makers = sources(root)
    if name not in makers:
        raise UsageError(
            f"There are no matches named '{name}'; there are: {', '.join(sorted(makers))}.{did_you_mean(name, makers)} "
            "Give one of these."
        )
    return Matches(name, makers[name]())
