"""One job to one result, and many in this process: several at once where the model is on this machine."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

from sensorium.chat.message import Answer, user
from sensorium.core.config import from_dict
from sensorium.core.errors import InputError, LimitExceeded, SensoriumError, UsageError
from sensorium.engine.model import FAILURES
from sensorium.engine.sampling import Sampling
from sensorium.media.load import load_media
from sensorium.runtime.local import LocalModel
from sensorium.runtime.protocol import Model, check_question
from sensorium.runtime.together import Pending, Together
from sensorium.tasks.batch.jobs import Job
from sensorium.tasks.batch.results import Result, Status

TOGETHER = 8
"""Jobs that are computed at once: few, so that little is asked again after a kill."""


@dataclass(frozen=True, eq=False)
class _Begun:
    """A job that waits for its answer. began: when, by `perf_counter`."""

    job: Job
    began: float
    pending: Pending


def answer(model: Model, job: Job) -> Result:
    """Ask. Whatever a job raises is its own result."""
    if job.fault:
        return _refused(job)
    began = perf_counter()
    try:
        return _answered(job, began, model.ask(job.question, *job.files, **job.options))
    except FAILURES as error:  # one job hurts only itself; what it was stands in its line
        return _unanswered(job, began, error)


def answer_here(model: Model, jobs: Iterable[Job]) -> Iterator[Result]:
    """Results as they are ready."""
    if isinstance(model, LocalModel):
        return _answer_together(model, jobs)
    return (answer(model, job) for job in jobs)


def _answer_together(model: LocalModel, jobs: Iterable[Job]) -> Iterator[Result]:
    together, waiting = Together(model.parts, most=TOGETHER), iter(jobs)
    running: list[_Begun] = []
    while True:
        while len(running) < TOGETHER and (job := next(waiting, None)) is not None:
            begun = _begin(model, together, job)
            if isinstance(begun, Result):
                yield begun
            else:
                running.append(begun)
        if not running:
            return
        together.step()
        for each in [each for each in running if each.pending.done]:
            running.remove(each)
            yield _ended(each)


def _begin(model: LocalModel, together: Together, job: Job) -> _Begun | Result:
    """Read the files of a job and put it into the queue; its result at once where that fails."""
    if job.fault:
        return _refused(job)
    began = perf_counter()
    try:
        check_question(job.question)
        sampling = from_dict(Sampling, job.options, where="options")
        media = [load_media(path, limits=model.parts.limits) for path in job.files]
        return _Begun(job, began, together.ask([user(*media, job.question)], sampling))
    except LimitExceeded:  # too long for memory that is shared, perhaps not for one of its own
        return answer(model, job)
    except FAILURES as error:  # one job hurts only itself; what it was stands in its line
        return _unanswered(job, began, error)


def _ended(begun: _Begun) -> Result:
    try:
        return _answered(begun.job, begun.began, begun.pending.answer())
    except SensoriumError as error:
        return _unanswered(begun.job, begun.began, error)


def _answered(job: Job, began: float, found: Answer) -> Result:
    return Result(
        job.line,
        job.id,
        "ok",
        found.text,
        found.confidence,
        found.sure,
        found.finish_reason,
        found.usage.prompt_tokens,
        found.usage.completion_tokens,
        _since(began),
    )


def _unanswered(job: Job, began: float, error: Exception) -> Result:
    status: Status = "refused" if isinstance(error, InputError | UsageError) else "failed"
    told = str(error) if isinstance(error, SensoriumError) else f"{type(error).__name__}: {error}"
    return Result(job.line, job.id, status, seconds=_since(began), error=told)


def _refused(job: Job) -> Result:
    return Result(job.line, job.id, "refused", error=job.fault)


def _since(began: float) -> float:
    return round(perf_counter() - began, 4)
