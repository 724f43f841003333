"""What was measured, as rows that say what they mean: a figure, what the machine allows, how near it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sensorium.evaluation.bench.limits import Machine
from sensorium.evaluation.bench.measure import Questions, Streams, Told

Unit = Literal["tokens/s", "s", "MB", "times"]


@dataclass(frozen=True)
class Figure:
    """One row. limit: the best that this machine allows; None where it is not the machine that limits it."""

    what: str
    value: float
    unit: Unit
    limit: float | None = None
    note: str = ""

    @property
    def share(self) -> float | None:
        """How near it is to the limit; 1 is there."""
        if self.limit is None:
            return None
        return self.value / self.limit if self.unit == "tokens/s" else self.limit / self.value


@dataclass(frozen=True)
class Decoding:
    """One stream. type: of the weights; bytes: that a token reads."""

    type: str
    told: Told
    bytes: int


@dataclass(frozen=True)
class Answering:
    """questions: None for a model that takes no pictures. type: that products are computed in.

    operations: until the first token of a question. bytes: that a token reads, of one stream.
    """

    questions: Questions | None
    type: str
    operations: int
    bytes: int
    one: Streams
    many: Streams


@dataclass(frozen=True)
class Memory:
    """Bytes. before: of the process without a model; peak: with it, and an answer; weights, caches: of these."""

    before: int
    peak: int
    weights: int
    caches: int


@dataclass(frozen=True)
class Bench:
    """All of it. growth: by length of the prompt, empty for a model that takes no words alone."""

    model: str
    machine: Machine
    figures: tuple[Figure, ...]
    growth: tuple[Told, ...]


def decoding_figure(found: Decoding, machine: Machine) -> Figure:
    """A stream beside what memory allows."""
    return Figure(
        f"decode, one stream, {found.type}",
        1 / found.told.each,
        "tokens/s",
        machine.bytes_per_s / found.bytes,
        f"{found.bytes / 1e6:,.0f} MB a token",
    )


def answering_figures(found: Answering, machine: Machine, said: int) -> list[Figure]:
    """First tokens and streams."""
    figures, asked = [], "words"
    if found.questions is not None:
        rate, questions, asked = machine.products.get(found.type), found.questions, "a picture"
        limit = None if rate is None else found.operations / rate
        figures = [
            Figure(
                f"a picture and words ({questions.tokens} tokens), to the first token",
                questions.first,
                "s",
                limit,
                f"{found.operations / 1e9:,.0f} GFLOP in {found.type}",
            ),
            Figure(
                "a second question about it, to the first token",
                questions.second,
                "s",
                note=f"{questions.first / questions.second:.1f} times faster",
            ),
        ]
    one, many = found.one, found.many
    least, most = (_streams_limit(found, machine, each.count, said) for each in (one, many))
    gain, pace = many.total / one.total, many.pace / one.pace if one.pace else 0.0
    return [
        *figures,
        Figure(f"{asked} and {said} tokens, one stream", one.total, "tokens/s", least, "of the whole time"),
        Figure(f"the same, {many.count} at once", many.total, "tokens/s", most, f"{gain:.2f} times one"),
        Figure(f"{many.count} at once, while all decode", many.pace, "tokens/s", note=f"{pace:.2f} times one"),
    ]


def _streams_limit(found: Answering, machine: Machine, count: int, said: int) -> float | None:
    """Tokens a second if every prompt were taken at the pace of matrix products, and weights read once a step for all.

    Prompts are taken one by one or together, which is the same: nothing is read often enough to be shared.
    """
    rate = machine.products.get(found.type)
    if rate is None:
        return None
    return count * said / (count * found.operations / rate + said * found.bytes / machine.bytes_per_s)


def growth_figures(found: Sequence[Told]) -> list[Figure]:
    """What the longest prompt costs beside a short one; nothing where there is no room for two."""
    if len(found) < 2:
        return []
    shortest, longest = found[0], found[-1]
    usual = found[1] if len(found) > 2 else shortest  # a very short prompt has costs of its own
    each = (longest.first / longest.context) / (usual.first / usual.context)
    return [
        Figure(
            f"a prompt's token among {longest.context}",
            each,
            "times",
            note=f"its cost among {usual.context}; {longest.first:.2f} s in all",
        ),
        Figure(
            f"a step behind {longest.context} tokens",
            longest.each / shortest.each,
            "times",
            note=f"its cost behind {shortest.context}; {longest.each * 1e3:.1f} ms",
        ),
    ]


def memory_figure(found: Memory) -> Figure:
    """The peak beside what it is there for."""
    return Figure(
        "peak memory",
        found.peak / 1e6,
        "MB",
        (found.weights + found.caches) / 1e6,
        f"{found.before / 1e6:,.0f} MB of it before the model",
    )
