"""All of the measurements, each in a process of its own: none finds memory, or kernels, that another one left."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

from torch import nn

from sensorium.core.errors import EngineError, InputError, UsageError
from sensorium.evaluation.bench.limits import machine, name
from sensorium.evaluation.bench.measure import Told, decode, growth, questions, say, streams
from sensorium.evaluation.bench.prompts import QUESTION, asked, picture, pictured, sizes_for, takes_pictures
from sensorium.evaluation.bench.result import (
    Answering,
    Bench,
    Decoding,
    Figure,
    Memory,
    answering_figures,
    decoding_figure,
    growth_figures,
    memory_figure,
)
from sensorium.evaluation.bench.work import bytes_per_token, cache_bytes, operations, type_of, weight_bytes
from sensorium.models.answerer import Answerer
from sensorium.models.catalog import FAMILIES
from sensorium.models.quantise import quantise
from sensorium.nn.quantised import BITS, QuantisedLinear

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """A model folder, and who reads it."""

    family: str
    folder: Path

    def load(self) -> Answerer:
        """Raises: CheckpointError."""
        return FAMILIES.resolve(self.family)(self.folder)


class Carry(Protocol):
    """Calls a function, here or elsewhere."""

    def __call__(self, work: Callable[..., T], *arguments: Any) -> T:
        """What the function gives. Raises: what it raises."""


def apart(work: Callable[..., T], *arguments: Any) -> T:
    """Call a function in a new process. Raises: what it raises; EngineError when the process dies."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(work, *arguments).result()
        except BrokenProcessPool as error:
            raise EngineError(
                "bench: a process ended before it had measured, perhaps for want of memory. Close other programs, or "
                "take a smaller model."
            ) from error


def bench(source: Source, *, called: str, tell: Callable[[str], None], carry: Carry = apart) -> Bench:
    """Measure a model.

    Args: source: of the model; called: its name; tell: hears what is being done; carry: where it is done.

    Raises: CheckpointError; EngineError when a process dies; UsageError for a model that cannot be timed.
    """
    tell("the machine")
    found = carry(machine)
    figures: list[Figure] = []
    for bits in (None, *BITS):
        tell("one stream" if bits is None else f"one stream, {bits} bits")
        stream = carry(decoding, source, bits)
        if stream is not None:
            figures.append(decoding_figure(stream, found))
    tell("questions, several at once")
    answered, said = carry(answering, source)
    figures += answering_figures(answered, found, said)
    tell("longer and longer prompts")
    grown = carry(growing, source)
    figures += growth_figures(grown)
    tell("memory")
    held = carry(memory, source)
    if held is not None:
        figures.append(memory_figure(held))
    return Bench(called, found, tuple(figures), grown)


def decoding(source: Source, bits: int | None) -> Decoding | None:
    """One stream of a model as it is, or with few bits; None for one that cannot be given them."""
    model = source.load()
    network, sizes = model.network, sizes_for(model)
    if bits is not None:
        try:
            quantise(network, bits)  # type: ignore[arg-type]  # every network is a module
        except UsageError:
            return None
    told = decode(model, prompt=sizes.prompt, tokens=sizes.decoded)
    return Decoding(weights_type(model), told, bytes_per_token(network, told.context + sizes.decoded // 2))


def answering(source: Source) -> tuple[Answering, int]:
    """First tokens and streams. Returns: these, and how many tokens each stream said."""
    model = source.load()
    sizes, shows = sizes_for(model), takes_pictures(model)
    found = questions(model) if shows else None
    one, many = (streams(model, count, sizes.said, pictures=shows) for count in (1, sizes.streams))
    inputs = pictured(model, picture(0), QUESTION) if shows else asked(model, sizes.prompt)
    taken = operations(model.network, inputs)
    read = bytes_per_token(model.network, inputs.ids.shape[1] + sizes.said // 2)
    return Answering(found, name(type_of(model.network)), taken, read, one, many), sizes.said


def growing(source: Source) -> tuple[Told, ...]:
    """As `measure.growth`; nothing of a model that takes no words alone."""
    model = source.load()
    try:
        return growth(model, sizes_for(model).contexts)
    except InputError:
        return ()


def memory(source: Source) -> Memory | None:
    """What a model and one answer take; None on systems that do not say."""
    before = _stated("VmRSS")
    model = source.load()
    sizes = sizes_for(model)
    inputs = pictured(model, picture(0), QUESTION) if takes_pictures(model) else asked(model, sizes.prompt)
    say(model, inputs, sizes.said)
    peak = _stated("VmHWM")
    if before is None or peak is None:
        return None
    caches = cache_bytes(model.network.new_cache(1, inputs.ids.shape[1] + sizes.said + 1))
    return Memory(before, peak, weight_bytes(model.network), caches)


def weights_type(model: Answerer) -> str:
    """As people write it: int4 where some have four bits, else the type of the language model."""
    bits = [module.bits for module in _modules(model) if isinstance(module, QuantisedLinear)]
    return f"int{min(bits)}" if bits else name(type_of(model.network))


def _modules(model: Answerer) -> Iterator[nn.Module]:
    for _, part in model.network.named_children():
        yield from part.modules()


def _stated(field: str) -> int | None:
    """A count of bytes that Linux keeps of this process. Of the peak rusage would count the parent's, too."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    return int(status.read_text(encoding="ascii").partition(f"{field}:")[2].split()[0]) * 1024
