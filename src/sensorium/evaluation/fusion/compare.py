"""Compares the fusions: every one of them from every seed, several runs side by side, kept in a folder.

    settings.json        what the runs depend on
    runs/early-1/        the model of a run; result beside it, once it is finished
    runs/early-1.json
    report.json, report.md, report.html, *.png

Killed at any moment, the same command goes on: finished runs are read, not run again; more seeds are added to them.
"""

import json
import os
import platform
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import active_children, get_context
from pathlib import Path

import torch

from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import ConfigError, EngineError
from sensorium.core.files import write_atomic
from sensorium.core.packages import require
from sensorium.evaluation.fusion.page import write_report
from sensorium.evaluation.fusion.result import Comparison, Run
from sensorium.evaluation.fusion.run import Start, carry_out
from sensorium.evaluation.fusion.settings import BASE, Settings, contenders, suited
from sensorium.models.composed.config import ComposedConfig
from sensorium.weights.folder import read_json

SETTINGS = "settings.json"

Report = Callable[[str, int, int], None]
"""Hears the name of a run that is finished, how many are, and how many there are."""


def compare(
    folder: Path, settings: Settings, report: Report, *, workers: int = 1, base: ComposedConfig = BASE
) -> Comparison:
    """Run what has not been run yet, and write the report.

    Args:
        folder: of this comparison; made if need be.
        settings: how long, how often, on how much.
        report: hears how far it is.
        workers: processes that runs are shared among, each on one core; 1 for none but this one.
        base: the model with early fusion that the others are made equal to; an encoder that is not needed is left out.

    Raises: ConfigError when the folder is another comparison's; MissingPackage without matplotlib, before anything is
    run; EngineError when training diverges, or a process has died; OSError when a file cannot be written.
    """
    require("matplotlib", "train")  # better missed now than after an hour
    base = suited(base, settings.beside)
    models = contenders(base)
    starts = [Start(name, model, seed) for seed in range(1, settings.seeds + 1) for name, model in models.items()]
    runs_folder = folder / "runs"
    runs_folder.mkdir(parents=True, exist_ok=True)
    _claim(folder / SETTINGS, settings, base)
    left = [start for start in starts if not _result(runs_folder, start).exists()]
    for done, start in enumerate(_carried_out(left, settings, runs_folder, workers), len(starts) - len(left) + 1):
        report(start.name, done, len(starts))
    runs = tuple(_read(_result(runs_folder, start)) for start in starts)
    found = Comparison(settings, _machine(), runs)
    write_report(folder, found)
    return found


def _carried_out(starts: Sequence[Start], settings: Settings, folder: Path, workers: int) -> Iterator[Start]:
    """Those that have been run, one by one. Raises: EngineError when a process has died."""
    if workers == 1 or len(starts) < 2:
        for start in starts:
            _keep(start, settings, folder)
            yield start
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin_process) as pool:
        waiting = {pool.submit(_keep, start, settings, folder): start for start in starts}
        try:
            for future in as_completed(waiting):
                future.result()
                yield waiting[future]
        except BrokenProcessPool as error:
            raise EngineError(
                "fusion compare: a process ended before its run was finished, perhaps for want of memory; what was "
                "finished is kept. Give the same command again, with fewer --workers."
            ) from error
        except BaseException:  # interrupted, or one run failed: the others need not go on
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                process.terminate()
            raise


def _begin_process() -> None:
    """One core each; Ctrl-C is for the process that waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


def _keep(start: Start, settings: Settings, folder: Path) -> None:
    run = carry_out(start, settings, folder / start.name)
    write_atomic(_result(folder, start), json.dumps(to_dict(run)).encode())


def _result(folder: Path, start: Start) -> Path:
    return folder / f"{start.name}.json"


def _read(path: Path) -> Run:
    return from_dict(Run, read_json(path), where=str(path))


def _claim(path: Path, settings: Settings, base: ComposedConfig) -> None:
    """Write what runs depend on, or see that it is the same. Raises: ConfigError when it is not."""
    wanted = {**to_dict(replace(settings, seeds=1)), "base": to_dict(base)}  # further seeds change no run
    if not path.exists():
        write_atomic(path, json.dumps(wanted).encode())
        return
    found = read_json(path)
    if found != wanted:
        other = next(name for name in wanted if found.get(name) != wanted[name])
        raise ConfigError(
            f"{path.parent}: has runs of another comparison, which differs in {other}; expected the same settings, but "
            "for the number of seeds. Give these, or another folder."
        )


def _machine() -> str:
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, PyTorch {torch.__version__}"
    )
