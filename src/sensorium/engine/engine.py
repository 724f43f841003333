"""Many requests at once: each step gives every running answer a token, and one new request a piece of preparation.

    submit ── Scheduler ── step ──┬── a medium ── encode ── RowsCache ─────────┐
                                  ├── a chunk of a prompt ── prefill ── Pages ─┴── first token
                                  └── all running answers ── decode ── Pages ───── next tokens ── Handle

All computing is done by whoever calls `step`; `submit` and `Handle.cancel` may be called by any thread. A request that
fails ends alone: what it raised is its own, and its memory goes back.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import torch
from torch import Tensor

from sensorium.core.errors import EngineError, LimitExceeded, SensoriumError, UsageError
from sensorium.engine.generate import TokenModel, check_finite, furthest
from sensorium.engine.grammar import Grammars, Guide
from sensorium.engine.guessing import Draft, Lookup, Pace
from sensorium.engine.keep import restore_talk, save_talk
from sensorium.engine.memory import OwnMemory, PagedMemory, PagedSeat, Seat
from sensorium.engine.model import FAILURES, Answers, Settings, failure
from sensorium.engine.prompt import Prompt, read_prompt
from sensorium.engine.request import Advance, Cancelled, Handle, Request, Tell, TooLate
from sensorium.engine.rows import RowsCache
from sensorium.engine.scheduler import Scheduler, Ticket
from sensorium.engine.speech import Ahead, Rules, Speech, chooser_of
from sensorium.engine.stopping import Words
from sensorium.nn.cache import KVCache


@dataclass(eq=False)
class _Job:
    """A request on its way. media, chunks: pieces of preparation that are left, media first."""

    request: Request
    handle: Handle
    prompt: Prompt
    guide: Guide | None
    began: float
    seat: Seat | None = None
    media: list[int] = field(default_factory=list)
    chunks: list[tuple[int, int]] = field(default_factory=list)
    rows: dict[int, Tensor] = field(default_factory=dict)
    speeches: list[Speech] = field(default_factory=list)

    def release(self) -> None:
        for seat in (self.seat, *(each.seat for each in self.speeches)):
            if seat is not None:
                seat.release()


class Engine:
    """Computes requests for one model."""

    def __init__(
        self,
        model: Answers,
        settings: Settings | None = None,
        *,
        grammars: Grammars | None = None,
        draft: TokenModel | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Take memory for the caches.

        Args: model: any; settings: None for the usual ones; grammars: for requests with a form; draft: a smaller
            model of the same tokens, which guesses what this one will say; None: from the text so far; clock: seconds.
        """
        self.settings = settings or Settings()
        self._model = model
        self._network = model.network
        self._grammars = grammars
        self._draft = draft
        self._clock = clock
        self._rules = Rules(frozenset(model.stops), torch.tensor(list(model.banned), dtype=torch.int64))
        self._rows = RowsCache(self.settings.rows_bytes)
        with torch.inference_mode(mode=False):
            like = model.network.new_cache(1, 1)
            room = self.settings.cache_bytes
            # A family whose cache holds more than keys and values is served answer by answer, and shares nothing.
            own = OwnMemory(model.network, tokens=_tokens(like, room)) if type(like) is not KVCache else None
            self.memory: PagedMemory | OwnMemory = own or PagedMemory(like, room=room)
        self._only_alone = False  # known once the model has decoded without kernels
        self._jobs: dict[int, _Job] = {}
        self._scheduler = Scheduler(self.settings.limits, self._admit)
        self._lock = threading.Lock()
        self._last = 0

    def submit(self, request: Request, tell: Tell | None = None) -> Handle:
        """Put a request into the queue.

        Args: tell: called with each event, and None at the end, by the thread that computes; None: iterate over the
            handle, which then computes what it waits for.

        Raises: QueueFull; LimitExceeded for more than the memory holds; UsageError for a form that is wrong.
        """
        return self.enqueue(request, tell, self.step)

    def enqueue(self, request: Request, tell: Tell | None, advance: Advance | None) -> Handle:
        """As `submit`; `advance` is what the handle's reader calls to get on, None where another thread computes."""
        prompt = self._read(request)
        needed = self.memory.needs(len(prompt), request.answers, request.sampling.max_tokens)
        if needed > self.memory.tokens:
            raise LimitExceeded(
                f"request: needs memory for {needed} tokens, prompt and answers together; the cache holds "
                f"{self.memory.tokens}. Ask for shorter or fewer answers, or give the engine more cache_bytes."
            )
        guide = self._guide(request)
        now = self._clock()
        with self._lock:
            number = self._last = self._last + 1
            deadline = None if request.seconds is None else now + request.seconds
            self._scheduler.submit(Ticket(number, request.tenant, request.priority, deadline, request.answers))
            handle = Handle(number, len(prompt), tell, advance)
            self._jobs[number] = _Job(request, handle, prompt, guide, now)
        return handle

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return self._scheduler.waiting

    @property
    def active(self) -> int:
        """Requests that are computed."""
        return self._scheduler.active

    @torch.inference_mode()
    def step(self) -> bool:
        """Do the next piece of work. Returns: whether there was any."""
        with self._lock:
            cancelled = [job for job in self._jobs.values() if job.handle.cancelled]
        for job in cancelled:
            self._end(job, Cancelled("The request was cancelled. Ask again."))
        with self._lock:
            plan = self._scheduler.plan(self._clock())
        for number in plan.late:
            self._end(self._jobs[number], TooLate("The answer was not complete in time. Give it more seconds."))
        if plan.piece is not None:
            job = self._jobs[plan.piece]
            with self._alone(job):
                self._prepare(job)
        ready = [self._jobs[number] for number in plan.ready]
        self._decode([(job, speech) for job in ready for speech in job.speeches if not speech.done])
        return bool(cancelled or plan.late or plan.piece is not None or ready)

    def close(self, error: SensoriumError | None = None) -> None:
        """End all requests; for the thread that computes."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            self._end(job, error or Cancelled("The engine was closed. Ask again once it runs."))

    def save_talk(self, path: Path, talk: str, *, tenant: str = "", adapter: str = "") -> None:
        """Write what is kept of a talk to a file; for the thread that computes. Raises: as `keep.save_talk`."""
        save_talk(path, self._blocks(), self.talk_key(talk, tenant, adapter))

    def restore_talk(self, path: Path, talk: str, *, tenant: str = "", adapter: str = "") -> None:
        """Keep a talk of a file; for the thread that computes. Raises: as `keep.restore_talk`."""
        restore_talk(path, self._blocks(), self.talk_key(talk, tenant, adapter))

    def forget_talk(self, talk: str, *, tenant: str = "", adapter: str = "") -> None:
        """Give back what is kept of a talk; for the thread that computes."""
        self._blocks().forget(self.talk_key(talk, tenant, adapter))

    def _blocks(self) -> PagedMemory:
        if isinstance(self.memory, PagedMemory):
            return self.memory
        raise UsageError("talk: the caches of this model's family cannot be kept. Send the talk again as a whole.")

    def salt(self, tenant: str, adapter: str) -> str:
        """What separates the caches of models, adapters and tenants."""
        return repr((self.settings.name, adapter, tenant))

    def talk_key(self, talk: str, tenant: str = "", adapter: str = "") -> bytes:
        """What a talk is kept under."""
        return hashlib.blake2b(repr((self.salt(tenant, adapter), talk)).encode(), digest_size=32).digest()

    def _read(self, request: Request) -> Prompt:
        find = getattr(self._network, "groups", None)  # as models.early.EarlyFusion has it
        groups = None if find is None else find(request.inputs)
        salt = self.salt(request.tenant, request.adapter)
        return read_prompt(request.inputs, salt=salt, chunk=self.settings.chunk, groups=groups)

    def _guide(self, request: Request) -> Guide | None:
        if request.form is None:
            return None
        if self._grammars is None:
            raise UsageError("form: this engine guides no answers. Give it Grammars, or ask without a form.")
        return self._grammars.guide(request.form)

    def _admit(self, number: int) -> int | None:
        """As `scheduler.Admit`."""
        job = self._jobs[number]
        request, prompt = job.request, job.prompt
        talk = self.talk_key(request.talk, request.tenant, request.adapter) if request.talk else None
        seat = self.memory.seat(prompt, request.answers, request.sampling.max_tokens, talk)
        if seat is None:
            return None
        job.seat = seat
        job.media, job.chunks = prompt.media_in(seat.known, len(prompt)), prompt.pieces(seat.known)
        job.handle.figures.cached_tokens = seat.known
        job.handle.figures.queued = self._clock() - job.began
        return len(job.media) + len(job.chunks)

    def _prepare(self, job: _Job) -> None:
        """One piece: a medium's rows, or a chunk of the prompt."""
        if job.media:
            number = job.media.pop(0)
            job.rows[number] = self._encoded(job, number)
        else:
            self._take(job, *job.chunks.pop(0))
        with self._lock:
            self._scheduler.prepared(job.handle.number)

    def _encoded(self, job: _Job, number: int) -> Tensor:
        """Rows of one medium, encoded alone: what else is shown does not change a bit of them."""
        key = self.salt(job.request.tenant, job.request.adapter).encode() + job.prompt.shown[number].digest
        rows = self._rows.find(key)
        if rows is None:
            rows = self._network.encode(job.prompt.medium(number)).media[0].rows[0]
            check_finite(rows)  # what is not is kept for nobody
            self._rows.add(key, rows)
        return rows

    def _take(self, job: _Job, start: int, stop: int) -> None:
        """A chunk of the prompt; behind the last one the answers begin."""
        seat = _given(job.seat)
        seat.catch_up(job.prompt)
        if stop <= seat.known:
            job.handle.figures.cached_tokens = seat.known
            return
        logits = self._network.prefill(job.prompt.piece(start, stop, job.rows), seat.cache())
        check_finite(logits)
        seat.took(stop - start)
        if stop < len(job.prompt):
            seat.remember(job.prompt.keys[job.prompt.cuts.index(stop)], stop)
            return
        job.rows.clear()
        for number in range(job.request.answers):  # all of them, before one goes on
            job.speeches.append(self._begin(job, number, seat if number == 0 else seat.fork()))
        for speech in job.speeches:
            self._say(job, speech, logits)

    def _begin(self, job: _Job, number: int, seat: Seat) -> Speech:
        """One of the answers to a prompt that was taken."""
        return Speech(
            number,
            seat=seat,
            position=furthest(job.prompt.inputs.positions),
            sampling=job.request.sampling,
            words=Words(self._model.tokenizer, job.request.stop),
            chooser=chooser_of(job.request, number, job.guide, self._rules.stops),
            ahead=self._ahead(job),
        )

    def _ahead(self, job: _Job) -> Ahead | None:
        """Guesses what one of the answers says; None where a step cannot check several tokens."""
        most, prompt = self.settings.guesses, job.prompt.ids
        if not most or not isinstance(self.memory, PagedMemory):
            return None
        room = len(prompt) + job.request.sampling.max_tokens
        return Ahead(prompt, Lookup() if self._draft is None else Draft(self._draft, room=room), Pace(most))

    def _decode(self, running: Sequence[tuple[_Job, Speech]]) -> None:
        """A token for each: together, where that changes nothing or is allowed to; whoever fails is found alone.

        What is guessed of an answer is checked in the same step: as many tokens are said as were right, and one more.
        """
        guesses = [self._guesses(job, speech, len(running)) for job, speech in running]
        rows = [[speech.said[-1], *guessed] for (_, speech), guessed in zip(running, guesses, strict=True)]
        scores = self._together([speech for _, speech in running], rows) if sum(map(len, rows)) > 1 else None
        if scores is None:
            self._decode_alone(running)
            return
        parts = scores.split([len(each) for each in rows])
        for (job, speech), guessed, logits in zip(running, guesses, parts, strict=True):
            if not job.handle.done:  # another of its answers failed
                with self._alone(job):
                    self._say_on(job, speech, guessed, logits)

    def _guesses(self, job: _Job, speech: Speech, running: int) -> list[int]:
        """What may come next, as far as there are rows for it beside the others that are running."""
        guessed: list[int] = []
        spare = 0 if self._only_alone else (self.settings.guesses + 1) // running - 1
        if spare > 0:
            with self._alone(job):
                guessed = speech.guess(spare)
        return guessed

    def _say_on(self, job: _Job, speech: Speech, guessed: Sequence[int], logits: Tensor) -> None:
        """The next events of an answer. Inputs: logits: [1 + guesses, V], behind its last token and each guess."""
        right = 0
        for expected, row in zip([*guessed, None], logits.split(1), strict=True):
            speech.seat.took(1)
            self._say(job, speech, row)
            if speech.done or speech.said[-1] != expected:
                break
            right += 1
        speech.judge(guessed, right)

    def _together(self, speeches: Sequence[Speech], rows: Sequence[Sequence[int]]) -> Tensor | None:
        """Scores behind each token in one call of the model; None where each answer is to be computed alone.

        Inputs: rows: of each answer its last token and what was guessed. Returns: [all of them, V].
        """
        memory = self.memory
        if self._only_alone or isinstance(memory, OwnMemory):
            return None
        pairs = [(speech, ahead) for speech, row in zip(speeches, rows, strict=True) for ahead in range(len(row))]
        view = memory.together([_paged(speech.seat) for speech, _ in pairs], [ahead for _, ahead in pairs])
        ids = torch.tensor([id_ for row in rows for id_ in row])
        positions = torch.cat([speech.position + ahead for speech, ahead in pairs])
        try:
            scores = self._network.decode(ids.to(positions.device), positions, view.present(1), view)
        except FAILURES:
            return None
        self._only_alone = self.settings.exact and view.gathered
        return None if self._only_alone else scores

    def _decode_alone(self, running: Sequence[tuple[_Job, Speech]]) -> None:
        for job, speech in running:
            if job.handle.done:  # another of its answers failed
                continue
            with self._alone(job):
                latest = torch.tensor(speech.said[-1:], device=speech.position.device)
                logits = self._network.decode(latest, speech.position, None, speech.seat.cache())
                speech.seat.took(1)
                self._say(job, speech, logits)

    def _say(self, job: _Job, speech: Speech, logits: Tensor) -> None:
        """The next event of an answer; behind the last one of all the request ends."""
        event = speech.choose(logits, self._rules)
        figures = job.handle.figures
        figures.completion_tokens += 1
        figures.first_token = figures.first_token or self._clock() - job.began
        job.handle.tell(event)
        if speech.done:
            self._keep(job, speech)
            speech.seat.release()
        if all(each.done for each in job.speeches):
            self._end(job)

    def _keep(self, job: _Job, speech: Speech) -> None:
        """Remember a named talk: its prompt and what was said but for the last token, which was never taken."""
        request, seat = job.request, speech.seat
        if not request.talk or not isinstance(self.memory, PagedMemory):
            return
        key = self.talk_key(request.talk, request.tenant, request.adapter)
        shown = [(each.places[0], each.digest) for each in job.prompt.shown]
        self.memory.keep(key, [*job.prompt.ids, *speech.said[:-1]], shown, _paged(seat))

    @contextmanager
    def _alone(self, job: _Job) -> Iterator[None]:
        """What is raised within ends this request and no other."""
        try:
            yield
        except FAILURES as error:
            self._end(job, failure(error))

    def _end(self, job: _Job, error: SensoriumError | None = None) -> None:
        with self._lock:
            self._scheduler.ended(job.handle.number)
            self._jobs.pop(job.handle.number, None)
        job.release()
        job.handle.figures.total = self._clock() - job.began
        job.handle.end(error)


def _tokens(cache: KVCache, room: int) -> int:
    """How many tokens of a cache like this one take so many bytes."""
    each = sum(2 * layer.keys[..., :1, :].nbytes for layer in cache.layers)
    return max(room // each, 1)


def _given(seat: Seat | None) -> Seat:
    if seat is None:
        raise EngineError("A request has no memory although it was admitted. Report this with the question.")
    return seat


def _paged(seat: Seat) -> PagedSeat:
    if isinstance(seat, PagedSeat):
        return seat
    raise EngineError(f"memory: got a {type(seat).__name__}; expected one in blocks. Report this.")
