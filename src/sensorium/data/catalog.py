"""All domains by the names that recipes use; nothing is read or drawn before a domain makes its first sample."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sensorium.core.catalogue import Catalogue, Entry
from sensorium.core.errors import ConfigError, UsageError
from sensorium.core.names import did_you_mean
from sensorium.data.mixture import Share
from sensorium.data.readers.fsdd import Fsdd
from sensorium.data.readers.mnist import Mnist
from sensorium.data.readers.table import real_domains
from sensorium.data.records.domain import RecordDomain
from sensorium.data.records.skipped import Skipped
from sensorium.data.records.source import open_records
from sensorium.data.sample import Domain
from sensorium.data.synthetic.pairs import Pairs

SYNTHETIC: Catalogue[Callable[[], Domain]] = Catalogue(
    "domain",
    (
        Entry("scenes", "sensorium.data.synthetic.scenes:Scenes", "coloured shapes: attributes, counts, relations"),
        Entry("reading", "sensorium.data.synthetic.text_lines:TextLines", "rendered lines to read"),
        Entry("charts", "sensorium.data.synthetic.charts:Charts", "bar, line and pie charts"),
        Entry("tones", "sensorium.data.synthetic.tones:Tones", "tones, rhythms and noises"),
        Entry("moving", "sensorium.data.synthetic.moving:MovingShapes", "clips of moving shapes"),
    ),
)


def domains(root: Path) -> dict[str, Callable[[], Domain]]:
    """Return a maker of every domain by name; real sets lie in folders of `root`."""
    makers: dict[str, Callable[[], Domain]] = {name: partial(_synthetic, name) for name in SYNTHETIC.names()}
    return makers | real_domains(root) | {"pairs": partial(_pairs, root)}


def domain(name: str, root: Path) -> Domain:
    """Return the domain of that name. Raises: UsageError for an unknown one."""
    makers = domains(root)
    if name not in makers:
        raise UsageError(
            f"There is no domain named '{name}'; there are: {', '.join(sorted(makers))}.{did_you_mean(name, makers)} "
            "Give one of these."
        )
    return makers[name]()


def file_domain(name: str, share: Share, skipped: Skipped) -> Domain:
    """The records of a share's file as a domain of that name. Raises: ConfigError without a file; InputError."""
    if share.file is None:
        raise ConfigError(f"{name}: names no file of records. Write: {name}: {{ file: data.json }}.")
    media = None if share.media is None else Path(share.media)
    held_out = share.validation
    return RecordDomain(
        name,
        open_records(Path(share.file), media=media, columns=share.columns),
        validation=open_records(Path(held_out), media=media, columns=share.columns)
        if isinstance(held_out, str)
        else held_out,
        skipped=skipped,
    )


def _synthetic(name: str) -> Domain:
    return SYNTHETIC.resolve(name)()


def _pairs(root: Path) -> Domain:
    images, sounds = Mnist(root / "mnist"), Fsdd(root / "fsdd")
    return Pairs(digit_images=images.digit_image, spoken_digits=sounds.spoken_digit)
