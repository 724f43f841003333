"""What a report on a space says, as plain data: it becomes JSON, Markdown and HTML."""

from dataclasses import dataclass

RANKS = (1, 5, 10)


@dataclass(frozen=True)
class Retrieval:
    """How often what belongs to a query is found: `recall` and that of `chance`, at each of RANKS.

    kind: of matches; query, gallery: modalities; queries, size: how many.
    """

    kind: str
    query: str
    gallery: str
    queries: int
    size: int
    recall: tuple[float, ...]
    chance: tuple[float, ...]


@dataclass(frozen=True)
class Alignment:
    """How two modalities of one kind of matches lie: see measures.py."""

    kind: str
    left: str
    right: str
    alignment: float
    gap: float
    kernel_alignment: float


@dataclass(frozen=True)
class Choice:
    """Names chosen without training: share right with its 95 % interval, that of the commonest name, and calibration.

    error: mean distance between how sure and how often right, of the half that no sharpness was fitted on.
    """

    kind: str
    modality: str
    names: int
    count: int
    right: float
    low: float
    high: float
    baseline: float
    error: float


@dataclass(frozen=True)
class Counterfactual:
    """Words with one thing altered (a colour, a size, a side): how often the true ones lie nearer, and by how much."""

    kind: str
    count: int
    nearer: float
    margin: float


@dataclass(frozen=True)
class Findings:
    """All of it. uniformity: by modality. dimensions: of the places that were measured."""

    model: str
    dimensions: int
    retrievals: tuple[Retrieval, ...]
    alignments: tuple[Alignment, ...]
    choices: tuple[Choice, ...]
    counterfactuals: tuple[Counterfactual, ...]
    uniformity: dict[str, float]
