"""`sensorium evaluate SUITE`: how often a model is right on material that it never saw."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, write, write_json
from sensorium.cli.inputs import AsJson
from sensorium.core.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from sensorium.data.sample import Domain
    from sensorium.evaluation.report import Result
    from sensorium.runtime.parts import Parts

ALL = "all"


def evaluate(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="A domain, several with commas, or all.")],
    *,
    model: Annotated[str, typer.Option("--model", metavar="M", help="Name of a model or its folder.")] = "nano",
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Questions per domain, at most.")] = 300,
    data_root: Annotated[Path, typer.Option(metavar="DIR", help="Where the real sets lie.")] = Path("../shared/data"),
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Also measure confidence and write it, with the card, into the folder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a model the validation questions of domains and score its answers.

    The table goes to standard output: score, 95 % interval, and the score of always giving the commonest answer.
    """
    if calibrate and suite != ALL:
        raise UsageError(f"--calibrate needs all domains, got '{suite}'. Write: sensorium evaluate all --calibrate")
    from sensorium.data.catalog import domain, domains
    from sensorium.evaluation.finish import measure
    from sensorium.evaluation.report import table
    from sensorium.models.catalog import find
    from sensorium.runtime.parts import read_parts

    names = list(domains(data_root)) if suite == ALL else [name.strip() for name in suite.split(",")]
    chosen = {name: domain(name, data_root) for name in names}
    family, folder = find(model)
    parts = read_parts(family, folder, name=model)
    if calibrate:
        results = _calibrate(family, folder, parts, chosen, count=count)
    else:
        results, _ = measure(parts, chosen, count=count, report=_report)
    for result in results:
        if result.failure is not None:
            note(f"{result.domain}: {result.failed} questions failed and are not scored, the first: {result.failure}")
    if as_json:
        write_json([asdict(result) for result in results])
    else:
        write(table(results), end="")


def _calibrate(
    family: str, folder: Path, parts: "Parts", domains: "dict[str, Domain]", *, count: int
) -> "tuple[Result, ...]":
    """Measure everything and complete the folder. Raises: ConfigError when it cannot be written."""
    from sensorium.core.packages import require
    from sensorium.evaluation.card import write_card
    from sensorium.evaluation.finish import finish
    from sensorium.models.catalog import card_template

    require("matplotlib", "train")  # before an hour of asking, not after
    try:
        findings = finish(parts, folder, domains, count=count, report=_report)
        write_card(card_template(family), folder, parts.model.network, findings)
    except OSError as error:
        raise ConfigError(
            f"{error.filename or folder}: {error.strerror or error}; expected to write what was measured there. "
            "Make room, or give a folder that may be written: --model"
        ) from error
    return findings.results


def _report(name: str, done: int, of: int) -> None:
    if done == of:
        note(f"{name}: {of} questions asked")
