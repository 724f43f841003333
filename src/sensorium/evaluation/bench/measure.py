"""The timings, each of a model that was just loaded: how fast it says, how soon it begins, what more of it costs.

All of it goes the way that users go: `generate`, as `ask` does, for one stream, the engine for more. A median counts
where something is done several times.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from time import perf_counter

from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.model import Settings
from sensorium.engine.request import Request, Tell
from sensorium.engine.sampling import Sampling
from sensorium.evaluation.bench.prompts import QUESTION, SECOND, SHOWN_STEPS, asked, picture, pictured, words
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.answerer import Answerer

RUNS = 3
WARM, FIRST, MANY = 1, 10, 100
"""Seeds of pictures, so that none has been seen before."""


@dataclass(frozen=True)
class Told:
    """One answer of `generate`. context: tokens of the prompt; first, each: seconds until, and between, tokens."""

    context: int
    first: float
    each: float


@dataclass(frozen=True)
class Questions:
    """tokens: of the prompt, media included; first, second: seconds to a token about a picture, seen or not."""

    tokens: int
    first: float
    second: float


@dataclass(frozen=True)
class Streams:
    """total: tokens a second from the first request to the last token; pace: while all of them were decoding."""

    count: int
    total: float
    pace: float


def say(model: Answerer, inputs: ModelInputs, tokens: int) -> Told:
    """Time an answer of so many tokens behind the first."""
    marks = [perf_counter()]
    for _ in generate(model.network, inputs, Sampling(max_tokens=tokens + 1), stops=()):
        marks.append(perf_counter())
    gaps = [after - before for before, after in pairwise(marks)]
    return Told(inputs.ids.shape[1], gaps[0], median(gaps[1:]))


def decode(model: Answerer, *, prompt: int, tokens: int) -> Told:
    """One stream, once warm."""
    say(model, asked(model, prompt), 2)
    runs = [say(model, asked(model, prompt), tokens) for _ in range(RUNS)]
    return sorted(runs, key=lambda told: told.each)[RUNS // 2]


def growth(model: Answerer, contexts: tuple[int, ...]) -> tuple[Told, ...]:
    """Prompts that are longer and longer."""
    say(model, words(model, contexts[0]), 2)
    return tuple(say(model, words(model, context), SHOWN_STEPS) for context in contexts)


def questions(model: Answerer) -> Questions:
    """Two about a picture, the second in a talk of its own."""
    engine = _engine(model, streams=1, tokens=1)
    _ask(engine, model, WARM, QUESTION)
    pairs = [
        (_ask(engine, model, seed, QUESTION), _ask(engine, model, seed, SECOND)) for seed in range(FIRST, FIRST + RUNS)
    ]
    first, second = (median(each) for each in zip(*pairs, strict=True))
    return Questions(pictured(model, picture(FIRST), QUESTION).ids.shape[1], first, second)


def streams(model: Answerer, count: int, said: int, *, pictures: bool) -> Streams:
    """Requests that come at once, each with a picture of its own if there are any."""
    model = replace(model, stops=frozenset())
    engine = _engine(model, streams=count, tokens=said)
    marks: list[list[float]] = []
    began = perf_counter()
    for number in range(count):
        inputs = pictured(model, picture(MANY + number), QUESTION) if pictures else asked(model, 128)
        times: list[float] = []
        engine.submit(Request(inputs, Sampling(max_tokens=said)), _clock(times))
        marks.append(times)
    while engine.step():
        pass
    start, stop = max(times[0] for times in marks), min(times[-1] for times in marks)
    between = sum(start < mark <= stop for times in marks for mark in times)
    last = max(times[-1] for times in marks)
    pace = between / (stop - start) if stop > start else 0.0
    return Streams(count, count * said / (last - began), pace)


def _clock(times: list[float]) -> Tell:
    """Notes when tokens come."""

    def tell(event: TokenEvent | None) -> None:
        if event is not None:
            times.append(perf_counter())

    return tell


def _ask(engine: Engine, model: Answerer, seed: int, question: str) -> float:
    """Seconds to the first token, what is done to pixels included."""
    began = perf_counter()
    list(engine.submit(Request(pictured(model, picture(seed), question), Sampling(max_tokens=1))))
    return perf_counter() - began


def _engine(model: Answerer, *, streams: int, tokens: int) -> Engine:
    """One with room for all that is asked, and for what questions share."""
    each = sum(layer.keys.nbytes + layer.values.nbytes for layer in model.network.new_cache(1, 1).layers)
    longest = min(model.max_tokens, 4096)
    room = max(each * (longest + tokens) * (streams + 1), 1 << 20)
    return Engine(model, Settings(cache_bytes=room, guesses=0))  # what repeats itself is no measure
