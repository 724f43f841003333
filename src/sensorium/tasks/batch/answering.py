"""One job to one result, and many in this process."""

from collections.abc import Iterable, Iterator
from time import perf_counter

from sensorium.core.errors import InputError, SensoriumError, UsageError
from sensorium.runtime.protocol import Model
from sensorium.tasks.batch.jobs import Job
from sensorium.tasks.batch.results import Result


def answer(model: Model, job: Job) -> Result:
    """Ask. Whatever a job raises is its own result."""
    if job.fault:
        return Result(job.line, job.id, "refused", error=job.fault)
    began = perf_counter()
    try:
        found = model.ask(job.question, *job.files, **job.options)
    except (InputError, UsageError) as error:
        return Result(job.line, job.id, "refused", seconds=_since(began), error=str(error))
    except SensoriumError as error:
        return Result(job.line, job.id, "failed", seconds=_since(began), error=str(error))
    except Exception as error:  # one job hurts only itself; what it was stands in its line
        return Result(job.line, job.id, "failed", seconds=_since(began), error=f"{type(error).__name__}: {error}")
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


def answer_here(model: Model, jobs: Iterable[Job]) -> Iterator[Result]:
    """Results in the order of the jobs."""
    return (answer(model, job) for job in jobs)


def _since(began: float) -> float:
    return round(perf_counter() - began, 4)
