"""A dataclass of options is an option per field."""

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from sensorium.cli.options import spread


@dataclass(frozen=True)
class Pair:
    """Two."""

    left: Annotated[int, typer.Option("--left")] = 1
    right: Annotated[str, typer.Option("--right")] = "r"


@dataclass(frozen=True)
class One:
    """One."""

    middle: Annotated[int, typer.Option("--middle")] = 0


def test_fields_are_options() -> None:
    seen: list[tuple[str, Pair, One]] = []

    @spread
    def command(name: str, *, pair: Pair, one: One) -> None:
        """Do."""
        seen.append((name, pair, one))

    app = typer.Typer()
    app.command()(command)
    assert CliRunner().invoke(app, ["n", "--left", "5", "--middle", "7"]).exit_code == 0
    assert seen == [("n", Pair(5, "r"), One(7))]
    assert CliRunner().invoke(app, ["n", "--left", "x"]).exit_code == 2
    assert "--right" in CliRunner().invoke(app, ["--help"]).output
