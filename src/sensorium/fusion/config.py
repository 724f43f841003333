"""Choices of a connector, and the connector that they describe."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from math import prod
from typing import Literal

from torch import nn

from sensorium.core.config import Dataclass
from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.fusion.connectors import MlpConnector, RowConnector
from sensorium.fusion.resampler import Resampler
from sensorium.nn.mlp import Mlp

Kind = Literal["linear", "mlp", "shuffle", "pool", "resampler", "qformer"]

Connector = RowConnector | Resampler
"""What keeps the contract of connectors.py."""

_TAKES: dict[str, tuple[str, ...]] = {
    "linear": (),
    "mlp": ("hidden",),
    "shuffle": ("factors", "hidden", "alone"),
    "pool": ("factors", "hidden"),
    "resampler": ("queries", "layers", "heads"),
    "qformer": ("queries", "layers", "heads"),
}
"""The choices that each kind has."""


@dataclass(frozen=True)
class ConnectorConfig:
    """How feature rows reach the language model.

    kind: `linear` and `mlp` (LLaVA's) go row by row; `shuffle` and `pool` join blocks of rows, side by side or by their
        mean, and go on through a norm and two layers; of `resampler` (Perceiver) and `qformer`, learned queries look at
        all rows.
    alone: of shuffle: joined rows go on through one matrix alone, as in Idefics3 and SmolVLM.
    factors: of shuffle and pool: cells of a block along each axis: [2, 2] of a picture, [2] of a sound, [1, 2, 2] of a
        film.
    hidden: of the two layers of mlp, shuffle and pool, between them; None for the language model's width.
    queries, layers, heads: of resampler and qformer; as many rows come out as there are queries.
    """

    kind: Kind = "mlp"
    factors: tuple[int, ...] = ()
    alone: bool = False
    hidden: int | None = None
    queries: int = 64
    layers: int = 2
    heads: int = 8

    def __post_init__(self) -> None:
        refuse_foreign(self, self.kind, _TAKES, part="connector")
        if "factors" in _TAKES[self.kind] and (min(self.factors, default=0) < 1 or prod(self.factors) == 1):
            raise ConfigError(
                f"connector: the factors of {self.kind} are {_shown(self.factors)}; expected a positive number for "
                "each axis, not all of them 1: [2, 2] for pictures. Set them."
            )
        check_sizes("connector", queries=self.queries, layers=self.layers, heads=self.heads)
        if self.hidden is not None:
            check_sizes("connector", hidden=self.hidden)
        if self.alone and self.hidden is not None:
            raise ConfigError(
                f"connector: got hidden {self.hidden} for one matrix alone, which has nothing between; expected one of "
                "the two. Remove hidden or alone."
            )

    @property
    def asks(self) -> bool:
        """Whether learned queries look at the rows: as many come out as there are queries, whatever goes in."""
        return "queries" in _TAKES[self.kind]


def build_connector(config: ConnectorConfig, *, width: int, out: int) -> Connector:
    """A connector with PyTorch's random weights.

    Args:
        config: its choices.
        width: D of the encoder's rows.
        out: D of the language model.

    Raises: ConfigError when heads do not divide the width.
    """
    if config.asks:
        if width % config.heads:
            raise ConfigError(
                f"connector: {config.heads} heads cannot share the {width} numbers of the encoder's rows; expected a "
                "divisor. Change heads."
            )
        return Resampler(
            width=width,
            out=out,
            queries=config.queries,
            layers=config.layers,
            heads=config.heads,
            apart=config.kind == "qformer",
        )
    if config.kind == "linear":
        return RowConnector(project=nn.Linear(width, out))
    hidden = config.hidden or out
    if config.kind == "mlp":
        return RowConnector(project=Mlp(width, hidden, out))
    mean = config.kind == "pool"
    joined = width if mean else width * prod(config.factors)
    if config.alone:
        return RowConnector(project=nn.Linear(joined, out, bias=False), factors=config.factors)
    project = MlpConnector(width=joined, hidden=hidden, out=out)
    return RowConnector(project=project, factors=config.factors, mean=mean)


def refuse_foreign(config: Dataclass, kind: str, takes: Mapping[str, tuple[str, ...]], *, part: str) -> None:
    """Refuse choices that a kind does not have: whoever makes one expects it to do something.

    Args:
        config: has a field `kind`, and others, of which a kind may leave all that it does not take as they are.
        kind: its kind.
        takes: names of the fields that each kind takes.
        part: what the message begins with.

    Raises: ConfigError with the kinds that have the choice.
    """
    for each in fields(config):
        value = getattr(config, each.name)
        default = each.default if each.default_factory is MISSING else each.default_factory()
        if each.name not in ("kind", *takes[kind]) and value != default:
            who = " or ".join(other for other, names in takes.items() if each.name in names)
            raise ConfigError(
                f"{part}: got {each.name} {_shown(value)} for the kind '{kind}', which has none. Remove it, or choose "
                f"{who}."
            )


def _shown(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
