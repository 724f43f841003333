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


def test_fields_are_options() -> None:
    seen: list[tuple[str, Pair]] = []

    @spread
    def command(name: str, *, pair: Pair) -> None:
        """Do."""
        seen.append((name, pair))

    app = typer.Typer()
    app.command()(command)
    assert CliRunner().invoke(app, ["n", "--left", "5"]).exit_code == 0
    assert seen == [("n", Pair(5, "r"))]
    assert CliRunner().invoke(app, ["n", "--left", "x"]).exit_code == 2
    assert "--right" in CliRunner().invoke(app, ["--help"]).output
