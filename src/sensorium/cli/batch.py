"""`sensorium batch IN -o OUT`: a file of questions to a file of answers."""

from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, write_json
from sensorium.cli.inputs import AsJson, ModelName, open_model
from sensorium.core.errors import InputError, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensorium.tasks.batch.jobs import Job
    from sensorium.tasks.batch.results import Result

_EVERY = 5.0  # seconds between two lines of progress


def batch(
    questions: Annotated[
        Path, typer.Argument(metavar="IN", help='JSONL: {"question": "...", "files": ["a.png"], "id": "..."}')
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="JSONL with a result for each line.")],
    *,
    model: ModelName = None,
    workers: Annotated[
        int, typer.Option("--ray", min=0, metavar="N", help="Answer with N workers of a Ray cluster; 0 for none.")
    ] = 0,
    retry: Annotated[bool, typer.Option("--retry", help="Ask again what was refused or failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answer every question of a file.

    Each line gets exactly one result: ok, refused (the line or a file cannot be taken) or failed (the model did). The
    same command goes on after an interruption; with --retry, what was refused or failed before is asked again. The
    exit code is 0 when all are ok, 3 when some were refused, 4 when some failed.
    """
    from sensorium.tasks.batch.jobs import read_jobs
    from sensorium.tasks.batch.results import Results

    with Results(output, retry=retry) as results:
        jobs = list(read_jobs(questions))
        left = [job for job in jobs if not results.has(job)]
        if len(left) < len(jobs):
            note(f"{output}: {len(jobs) - len(left)} of {len(jobs)} are done; going on")
        progress = _Progress(len(left))
        for result in _answers(model, left, workers):
            results.add(result)
            progress.tell(result)
        counts = Counter(results.done[job.line] for job in jobs)
    told = {status: counts[status] for status in ("ok", "refused", "failed")}
    note(f"{output}: " + ", ".join(f"{number} {status}" for status, number in told.items()))
    if as_json:
        write_json({**told, "output": str(output)})
    if counts["failed"] or counts["refused"]:
        raise typer.Exit((ModelError if counts["failed"] else InputError).exit_code)


def _answers(model: str | None, jobs: "list[Job]", workers: int) -> "Iterator[Result]":
    if workers:
        from sensorium.models.catalog import DEFAULT
        from sensorium.tasks.batch.on_ray import answer_on_ray

        return answer_on_ray(model or DEFAULT, jobs, workers=workers)
    if not jobs:
        return iter(())
    from sensorium.tasks.batch.answering import answer_here

    return answer_here(open_model(model), jobs)


class _Progress:
    """A line now and then."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._began = self._told = perf_counter()

    def tell(self, result: "Result") -> None:
        """Count one, and say so if it is time."""
        self._done += 1
        now = perf_counter()
        if result.error:
            note(f"line {result.line}: {result.status}: {result.error}")
        if now - self._told > _EVERY and self._done < self._total:
            pace = self._done / (now - self._began)
            note(f"{self._done}/{self._total}, {pace:.1f}/s, {(self._total - self._done) / pace:.0f} s left")
            self._told = now
