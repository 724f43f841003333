"""`sensorium classify`: what is done in a film, by a model with classes; or which of your labels fits, by a space."""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import patience, write, write_json
from sensorium.cli.embed import open_space
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import AsJson, read_files
from sensorium.core.errors import UsageError

if TYPE_CHECKING:
    from sensorium.runtime.classification import Classifier

SPACE = "nano-space"


def classify(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="With --labels any medium, else a film. '-': standard input.")
    ],
    *,
    labels: Annotated[
        str | None,
        typer.Option("--labels", metavar="A,B,C", help="Choose among these, without training.", show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="M",
            help="A VideoMAE, TimeSformer or R3D, which have classes of their own; with --labels nano-space, a CLIP or "
            f"SigLIP: folder, or org/name of the Hub.  [default: with --labels {SPACE}, else required]",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many classes to tell.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say which of your labels fits a picture, sound or film, or which of a model's classes a film most probably is.

    The chances of all classes or labels add up to 1.
    """
    names = None if labels is None else _names(labels)
    (medium,) = read_files([file])
    if names is None:
        classifier = _open(_named(model, file))
        name, found = classifier.name, classifier.classify(medium, top)
    else:
        space = open_space(model or SPACE)
        chances = sorted(space.classify(medium, names).items(), key=lambda each: -each[1])
        name, found = space.name, chances[:top]
    if as_json:
        classes = [{"label": label, "probability": chance} for label, chance in found]
        write_json({"model": name, "file": file, "classes": classes})
        return
    for label, chance in found:
        write(f"{chance:7.1%}  {label}")


def _names(labels: str) -> list[str]:
    """Raises: UsageError for less than two, or the same twice."""
    names = [each.strip() for each in labels.split(",")]
    if len(names) < 2 or not all(names) or len({*names}) < len(names):
        raise UsageError(
            f"--labels is '{labels}'; expected two or more different ones with commas between. Write: --labels "
            '"a cat,a dog"'
        )
    return names


def _named(model: str | None, file: str) -> str:
    """Raises: UsageError where there is none: no model with classes is bundled, and none is fetched unless named."""
    if model is None:
        from sensorium.models.catalog import CLASSIFIERS

        raise UsageError(
            f"Nothing says what {file} may be; expected labels of yours, or for films a model with classes. Write: "
            f'sensorium classify {shlex.quote(file)} --labels "a cat,a dog", or --model {CLASSIFIERS.entries[0].source}'
        )
    return model


def _open(name: str) -> "Classifier":
    with patience("loading the model …"), fetching() as progress:
        from sensorium.runtime.classification import load_classifier

        return load_classifier(name, progress=progress)
