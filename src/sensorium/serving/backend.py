"""The narrow place between protocols and models: a talk in, pieces of its answers out.

`Answers` is all that a protocol knows of a model. `EngineAnswers` is one in this process, whose engine answers many at
once; `Supervised` (supervised.py) is the same in a process of its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from time import monotonic, perf_counter
from typing import NamedTuple, Protocol, TypeVar

from sensorium.chat.message import Message, Text, Timings, user
from sensorium.core.errors import EngineError, MissingPackage, SensoriumError
from sensorium.engine.engine import Engine
from sensorium.engine.forms import Form
from sensorium.engine.generate import TokenEvent
from sensorium.engine.grammar import Grammars
from sensorium.engine.model import FAILURES, Settings, failure
from sensorium.engine.request import Handle, Request
from sensorium.engine.sampling import Sampling
from sensorium.engine.scheduler import Limits, QueueFull
from sensorium.engine.thread import EngineThread
from sensorium.models.answerer import Answerer
from sensorium.runtime.answering import prompt, shown
from sensorium.runtime.asking import grammars_of
from sensorium.runtime.deciding import Deciding, Decision
from sensorium.runtime.parts import Parts
from sensorium.runtime.protocol import StreamEvent
from sensorium.runtime.replying import Question, Reply, prepare
from sensorium.runtime.together import room_for
from sensorium.serving.drafts import Decoder, Draft, Given
from sensorium.serving.faults import busy, stopping

R = TypeVar("R")

ROWS = 16
"""Answers that are computed at once."""

PREPARING = 2
"""Talks that become tokens at once."""


@dataclass(frozen=True)
class Asked:
    """What a model is asked.

    form: what answers must look like; None for any words. answers: how many. tenant: whose request it is.
    """

    drafts: tuple[Draft, ...]
    sampling: Sampling
    stops: tuple[str, ...] = ()
    form: Form | None = None
    answers: int = 1
    tenant: str = ""


@dataclass(frozen=True)
class Poll:
    """Questions about one talk: the words of each, and the ways to say each of the answers that it may have."""

    drafts: tuple[Draft, ...]
    questions: tuple[tuple[Text | Given, ...], ...]
    answers: tuple[tuple[tuple[str, ...], ...], ...]
    tenant: str = ""

    @property
    def asked(self) -> tuple[Draft, ...]:
        """The talk, and behind it each question as a message of its own."""
        return (*self.drafts, *(Draft("user", each) for each in self.questions))


class Piece(NamedTuple):
    """A piece of one of the answers, which `which` counts from 0."""

    which: int
    event: StreamEvent


class Answers(Protocol):
    """A model that is asked by many."""

    @property
    def name(self) -> str:
        """As clients call it."""

    @property
    def max_tokens(self) -> int:
        """Of a whole talk, the answer included."""

    @property
    def running(self) -> int:
        """Requests that wait or are answered."""

    def moves(self, within: float) -> bool:
        """Whether nothing waits, or something was made in the last `within` seconds."""

    def spell(self, id_: int) -> str:
        """The text of a token that was told."""

    async def count(self, drafts: Sequence[Draft]) -> int:
        """Tokens of a talk that is to be answered, media included. Raises: InputError, Refusal."""

    def stream(self, asked: Asked) -> AsyncGenerator[Piece, None]:
        """Answers, each up to one of the stop strings, piece by piece; the last event of each has the whole of it.

        Closing it ends the work. Raises: InputError for media or a talk that the model cannot take, UsageError for a
        form that is wrong, Refusal when too many wait, EngineError.
        """

    def decide(self, poll: Poll) -> AsyncGenerator[Decision, None]:
        """What is decided of each question, in turn. Closing it ends the work. Raises: as `stream`."""

    async def close(self) -> None:
        """End; whoever is still answered is told so."""


class EngineAnswers:
    """A model whose engine computes in one thread of this process."""

    def __init__(self, parts: Parts, *, name: str, decoder: Decoder, waiting: int, sees: bool = True) -> None:
        """Take a loaded model.

        Args: name: as clients call it; waiting: requests that may wait, more are sent away; sees: whether it takes
        pictures, also of pages.
        """
        self._sees = sees
        self._parts = replace(parts, name=name)
        self._decoder = decoder
        self._most = waiting + ROWS
        settings = Settings(name=name, cache_bytes=room_for(parts, ROWS), limits=Limits(waiting=self._most, rows=ROWS))
        self._grammars = _grammars(parts.model)
        self._thread = EngineThread(Engine(parts.model, settings, grammars=self._grammars))
        # Threads that are ours: a place is taken until its work is done, also where the asker has left meanwhile.
        self._preparing = ThreadPoolExecutor(PREPARING, thread_name_prefix="preparing")
        self._trying = ThreadPoolExecutor(1, thread_name_prefix="trying")  # forms that are new, which may take long
        self._stopping = False
        self._moved = monotonic()
        self._typical = 1.0  # seconds of one request
        self.name = name
        self.running = 0

    @property
    def max_tokens(self) -> int:
        """Of a whole talk, the answer included."""
        return self._parts.model.max_tokens

    def moves(self, within: float) -> bool:
        """Whether nothing waits, or something was made lately."""
        return self._thread.alive and (self.running == 0 or monotonic() - self._moved < within)

    def spell(self, id_: int) -> str:
        """The text of one token."""
        return self._parts.model.tokenizer.decode([id_])

    async def count(self, drafts: Sequence[Draft]) -> int:
        """Tokens of a talk that is to be answered, media included. Raises: InputError."""
        messages = await self._decoder.messages(drafts, pictures=self._sees)
        model = self._parts.model
        return await self._beside(lambda: len(prompt(model, shown(messages, model)[0]).ids))

    async def stream(self, asked: Asked) -> AsyncGenerator[Piece, None]:
        """Answers piece by piece; see `Answers`."""
        with self._counted():
            async for piece in self._pieces(asked):
                yield piece

    async def decide(self, poll: Poll) -> AsyncGenerator[Decision, None]:
        """Decisions one by one; see `Answers`."""
        with self._counted():
            messages = await self._decoder.messages(poll.asked, pictures=self._sees)
            talk, questions = messages[: len(poll.drafts)], messages[len(poll.drafts) :]
            for question, answers in zip(questions, poll.answers, strict=True):
                yield await self._decision(_behind(talk, question), answers, poll.tenant)

    async def close(self) -> None:
        """End; whoever is still answered is told so."""
        self._stopping = True
        for threads in (self._trying, self._preparing):
            threads.shutdown(wait=False)
        await asyncio.to_thread(self._thread.close)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """While a request is answered. Raises: Refusal when too many wait."""
        if self._stopping:
            raise stopping()
        if self.running >= self._most:
            raise busy(self.running, self._typical * self.running / ROWS)
        began = monotonic()
        if not self.running:
            self._moved = began
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._typical += 0.1 * (monotonic() - began - self._typical)

    async def _decision(self, talk: Sequence[Message], answers: Sequence[Sequence[str]], tenant: str) -> Decision:
        deciding = await self._beside(lambda: Deciding(prepare(self._parts, talk, self._call), answers, tenant=tenant))
        for group, request in enumerate(deciding.requests):
            line = _Line(asyncio.get_running_loop())
            try:
                await self._beside(partial(self._submit, line, request))
                while (event := await line.next()) is not None:
                    self._moved = monotonic()
                    deciding.push(group, event)
            finally:
                line.leave()
            self._check(line)
        return deciding.decision()

    async def _pieces(self, asked: Asked) -> AsyncGenerator[Piece, None]:
        began = perf_counter()
        messages = await self._decoder.messages(asked.drafts, pictures=self._sees)
        await self._try(asked.form)
        line = _Line(asyncio.get_running_loop())
        try:
            question = await self._beside(lambda: self._begin(line, prepare(self._parts, messages, self._call), asked))
            replies = [Reply(question, asked.stops) for _ in range(asked.answers)]
            first: list[float | None] = [None] * asked.answers
            while (event := await line.next()) is not None:
                self._moved = monotonic()
                now = perf_counter() - began
                first[event.answer] = first[event.answer] or now
                for said in replies[event.answer].push(event, Timings(first[event.answer] or now, now)):
                    yield Piece(event.answer, said)
        finally:
            line.leave()
        self._check(line)

    def _check(self, line: "_Line") -> None:
        """Raises: what a request ended with."""
        if (error := line.error) is not None:
            raise stopping() if self._stopping else error

    def _begin(self, line: "_Line", question: Question, asked: Asked) -> Question:
        sampling = question.fitting(asked.sampling)
        self._submit(line, Request(question.inputs, sampling, asked.stops, asked.form, asked.answers, asked.tenant))
        return question

    def _submit(self, line: "_Line", request: Request) -> None:
        try:
            line.hold(self._thread.submit(request, line.tell))
        except QueueFull as error:
            raise busy(self.running, self._typical * self.running / ROWS) from error

    def _call(self, function: Callable[[], R]) -> R:
        return self._thread.call(function)

    async def _try(self, form: Form | None) -> None:
        """Have a form that is new tried, where nobody else waits for it. Raises: as `Grammars.check`."""
        if form is not None and self._grammars is not None and not self._grammars.knows(form):
            await self._beside(partial(self._grammars.check, form), self._trying)

    async def _beside(self, work: Callable[[], R], threads: ThreadPoolExecutor | None = None) -> R:
        """The result of work that is not the network's, by one of the threads that prepare, or others.

        Raises: what it raises, foreign errors as ours.
        """

        def guarded() -> R:
            if self._stopping:
                raise stopping()
            try:
                return work()
            except FAILURES as error:  # what a model's code raises ends its request alone
                raise failure(error) from error

        if self._stopping:
            raise stopping()
        return await asyncio.get_running_loop().run_in_executor(threads or self._preparing, guarded)


class _Line:
    """From the thread that computes to the loop. `hold` is called once the request is in the queue."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._events: asyncio.Queue[TokenEvent | None] = asyncio.Queue()
        self._lock = Lock()
        self._left = False
        self._handle: Handle | None = None

    @property
    def error(self) -> SensoriumError | None:
        """What the request ended with."""
        return None if self._handle is None else self._handle.error

    def hold(self, handle: Handle) -> None:
        """Take what the request is held by, from any thread; who has left while it was prepared gets no answer."""
        with self._lock:
            self._handle = handle
            if self._left:
                handle.cancel()

    def tell(self, event: TokenEvent | None) -> None:
        """Pass an event on."""
        with suppress(RuntimeError):  # of a loop that is closed: nobody listens
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    async def next(self) -> TokenEvent | None:
        """The next event; None at the end."""
        return await self._events.get()

    def leave(self) -> None:
        """Nobody listens any more."""
        with self._lock:
            self._left = True
            if self._handle is not None:
                self._handle.cancel()


def _behind(talk: Sequence[Message], question: Message) -> list[Message]:
    """A talk that ends with a question, in the user's last message if that is the last of all."""
    if talk[-1].role != "user":
        return [*talk, question]
    *before, last = talk
    gap = (Text("\n\n"),) if last.parts and isinstance(last.parts[-1], Text) else ()
    return [*before, user(*last.parts, *gap, *question.parts)]


def _grammars(model: Answerer) -> Grammars | None:
    """What holds answers to a form; None for tokens, or without the package, that cannot be held."""
    try:
        return grammars_of(model)
    except (MissingPackage, EngineError):
        return None
