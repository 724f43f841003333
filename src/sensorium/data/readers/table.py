"""The real sets by the names that recipes use. Nothing is read before a domain makes its first sample."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sensorium.data.readers.caltech import Caltech
from sensorium.data.readers.deeppcb import DeepPcb
from sensorium.data.readers.esc10 import Esc10
from sensorium.data.readers.fashion import FashionMnist
from sensorium.data.readers.fsdd import Fsdd
from sensorium.data.readers.mnist import Mnist
from sensorium.data.readers.omniglot import Omniglot
from sensorium.data.readers.photos import Photos
from sensorium.data.readers.pneumonia import PneumoniaMnist
from sensorium.data.readers.videos import Videos
from sensorium.data.sample import Domain


def real_domains(root: Path) -> dict[str, Callable[[], Domain]]:
    """Return a maker of each domain by its name; the sets lie in folders of `root`, named as their sources are."""
    return {
        "mnist": partial(Mnist, root / "mnist"),
        "fashion-mnist": partial(FashionMnist, root / "fashion-mnist"),
        "fsdd": partial(Fsdd, root / "fsdd"),
        "esc10": partial(Esc10, root / "esc10"),
        "caltech": partial(Caltech, root / "caltech101-small"),
        "pneumonia": partial(PneumoniaMnist, root / "pneumoniamnist"),
        "deeppcb": partial(DeepPcb, root / "deeppcb"),
        "omniglot": partial(Omniglot, root / "omniglot-small"),
        "videos": partial(Videos, root / "videos"),
        "photos": partial(Photos, root / "photos", root / "charts"),
    }
