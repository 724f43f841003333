"""What is asked of the engine, and what the asker holds: token events as they come, figures, a way to cancel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from sensorium.core.errors import EngineError, SensoriumError, UsageError
from sensorium.engine.forms import Form
from sensorium.engine.generate import TokenEvent
from sensorium.engine.sampling import Sampling
from sensorium.engine.stopping import check_stops
from sensorium.inputs.carrier import ModelInputs

MOST_ANSWERS = 16


class Cancelled(EngineError):
    """The asker, or the engine's end, cancelled the request."""


class TooLate(EngineError):
    """A request's deadline passed before its answer was complete."""


@dataclass(frozen=True, eq=False)
class Request:
    """One prompt, and how it is to be answered.

    inputs: a batch of one without padding; media need no rows yet.
    stop: texts that end an answer and are not part of it.
    form: what answers must look like; None for any words.
    answers: how many; they share the prompt. Seeds count up from that of `sampling`.
    tenant: who asks; nothing in the caches is shared between tenants, and they are served in turn.
    adapter: name of the adapter that the model answers with.
    talk: name of a talk, whose keys and values are kept for its next request; "" for none.
    priority: higher is served earlier.
    seconds: until the answer must be complete; None for no limit.
    recited: the ids of answers that are given, one for each of `answers`: they are said, not chosen, and each token is
        told with the log-probability that the model has for it; the stop behind them with that of all stops.
    """

    inputs: ModelInputs
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    form: Form | None = None
    answers: int = 1
    tenant: str = ""
    adapter: str = ""
    talk: str = ""
    priority: int = 0
    seconds: float | None = None
    recited: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        check_stops(self.stop)
        if not 1 <= self.answers <= MOST_ANSWERS:
            raise UsageError(f"answers is {self.answers}; expected 1 to {MOST_ANSWERS}. Ask for fewer.")
        if self.recited and (len(self.recited) != self.answers or self.form is not None or self.stop):
            raise UsageError(
                f"recited: {len(self.recited)} answers are given, {self.answers} asked for; expected as many, without "
                "a form and stop strings. Correct the request."
            )
        longest = max(map(len, self.recited), default=0)
        if longest and longest >= self.sampling.max_tokens:
            raise UsageError(
                f"recited: {longest} tokens and a stop; max_tokens is {self.sampling.max_tokens}. Give room for them."
            )
        if self.talk and self.answers > 1:
            raise UsageError(f"talk {self.talk!r}: goes on with one answer, not {self.answers}. Ask for one.")
        if len(self.inputs.ids) != 1 or self.inputs.present is not None or not self.inputs.ids.numel():
            raise UsageError(
                f"inputs: got a batch of {len(self.inputs.ids)}, padded or empty; expected one prompt without padding. "
                "Make a request of each."
            )


@dataclass
class Figures:
    """Counts and seconds of one request. cached_tokens: of the prompt, those that need not be computed.

    completion_tokens: of all answers. queued, first_token, total: since it was submitted; 0 until then.
    """

    prompt_tokens: int
    cached_tokens: int = 0
    completion_tokens: int = 0
    queued: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


Tell = Callable[["TokenEvent | None"], object]
"""Told each event by the thread that computes, and None at the end; it may neither wait nor raise."""


Advance = Callable[[], object]
"""Computes a little more."""


class Handle:
    """A request that was submitted. Iterate over it for its events."""

    def __init__(
        self, number: int, prompt_tokens: int, tell: Tell | None, advance: Callable[[], object] | None
    ) -> None:
        self.number = number
        self.figures = Figures(prompt_tokens)
        self.error: SensoriumError | None = None
        self.done = False
        self.cancelled = False
        self._events: SimpleQueue[TokenEvent | None] = SimpleQueue()
        self._tell = self._events.put if tell is None else tell
        self._advance = advance

    def cancel(self) -> None:
        """End the request; its memory is free after at most one more step."""
        self.cancelled = True

    def tell(self, event: TokenEvent) -> None:
        """Pass an event on; for the engine."""
        self._tell(event)

    def end(self, error: SensoriumError | None = None) -> None:
        """No more events come; for the engine. The first end counts."""
        if not self.done:
            self.error, self.done = error, True
            self._tell(None)

    def __iter__(self) -> Iterator[TokenEvent]:
        """Events as they come; only for a handle that no callback was given for, and once.

        Raises: what the request ended with, once all events are read; Cancelled when it was cancelled.
        """
        while (event := self._next()) is not None:
            yield event
        if self.error is not None:
            raise self.error

    def _next(self) -> TokenEvent | None:
        if self._advance is None:
            return self._events.get()
        while True:
            try:
                return self._events.get_nowait()
            except Empty:
                self._advance()
