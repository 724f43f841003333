"""Jobs over the workers of a Ray cluster, each with a model of its own, by Ray Data.

The cluster is that of RAY_ADDRESS, or one of this machine, started for the run. Results come as they are ready, and
this process alone writes them. Workers read files by the same paths.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from sensorium.core.packages import require
from sensorium.tasks.batch.answering import answer_here
from sensorium.tasks.batch.jobs import Job
from sensorium.tasks.batch.results import Result

_TOGETHER = 8  # jobs that a worker takes at a time: few, so that little is asked again after a kill


class Worker:
    """Loads the model once and answers what it is sent."""

    def __init__(self, model: str) -> None:
        from sensorium.runtime.load import load

        self._model = load(model)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """Columns in, columns out, as Ray Data wants them."""
        return {"result": [asdict(each) for each in answer_here(self._model, batch["job"])]}


def answer_on_ray(model: str, jobs: Iterable[Job], *, workers: int) -> Iterator[Result]:
    """Results in any order.

    Args:
        model: as for `load`.
        jobs: that are to be done.
        workers: how many models answer at once.

    Raises: MissingPackage without the extra `ray`.
    """
    ray, data = require("ray", "ray"), require("ray.data", "ray")
    waiting = [{"job": job} for job in jobs]
    if not waiting:
        return
    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="ERROR")
    try:
        context = data.DataContext.get_current()
        context.enable_progress_bars = False
        parts = max(workers, len(waiting) // _TOGETHER)
        found = data.from_items(waiting, override_num_blocks=min(parts, len(waiting))).map_batches(
            Worker, fn_constructor_args=(model,), batch_size=_TOGETHER, compute=data.ActorPoolStrategy(size=workers)
        )
        for row in found.iter_rows():
            yield Result(**row["result"])
    finally:
        if started:
            ray.shutdown()
