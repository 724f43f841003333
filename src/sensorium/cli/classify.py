"""`sensorium classify`: what is done in a film, by a model with classes."""

from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import patience, write, write_json
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import AsJson, read_files

if TYPE_CHECKING:
    from sensorium.runtime.classification import Classifier


def classify(
    file: Annotated[str, typer.Argument(metavar="FILM", help="A film, '-' for standard input.")],
    *,
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="M", help="A VideoMAE, TimeSformer or R3D: its folder, or org/name of the Hub."
        ),
    ] = "MCG-NJU/videomae-base-finetuned-kinetics",
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many classes to tell.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say which of a model's classes a film most probably is, with the chance of each."""
    (film,) = read_files([file])
    classifier = _open(model)
    found = classifier.classify(film, top)
    if as_json:
        classes = [{"label": label, "probability": chance} for label, chance in found]
        write_json({"model": classifier.name, "file": file, "classes": classes})
        return
    for label, chance in found:
        write(f"{chance:7.1%}  {label}")


def _open(name: str) -> "Classifier":
    with patience("loading the model …"), fetching() as progress:
        from sensorium.runtime.classification import load_classifier

        return load_classifier(name, progress=progress)
