"""`sensorium compose YAML -o FOLDER`: a model of your own; `sensorium export FOLDER -o OUT`: one for other tools."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.console import patience, write
from sensorium.cli.fetching import fetching
from sensorium.core.errors import ConfigError, UsageError

Out = Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write; made if need be.")]


def compose(
    model: Annotated[Path, typer.Argument(metavar="YAML", help="A YAML file, examples/composed.yaml for example.")],
    *,
    out: Out,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the random weights.")] = 1,
) -> None:
    """Put a model together from encoders, connectors, a fusion and a language model.

    What is not from a checkpoint begins with random weights, to be trained. The folder can be asked with --model; its
    path goes to standard output.
    """
    with patience("putting the model together …"), fetching() as progress, _writing(out):
        import torch

        from sensorium.models.composed.compose import compose as put_together
        from sensorium.models.composed.compose import read_yaml
        from sensorium.models.composed.folder import save

        config = read_yaml(model)
        torch.manual_seed(seed)
        save(out, put_together(config, progress=progress))
    write(str(out))


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A model that was composed.")], *, out: Out
) -> None:
    """Write a model that equals a known family as a checkpoint of it, which transformers, vLLM and llama.cpp load.

    CLIP or SigLIP with an mlp and a language model from a checkpoint is LLaVA; SigLIP with a shuffle that is alone, a
    Llama and Idefics3's tokens around pictures is Idefics3. The path goes to standard output.
    """
    if out.resolve() == folder.resolve():
        raise UsageError(f"--out is {out}, the model itself; expected another folder. Give one.")
    with patience("writing the checkpoint …"), _writing(out):
        from sensorium.models.composed.export import export as write_checkpoint

        write_checkpoint(folder, out)
    write(str(out))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Raises: ConfigError when a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{error.filename or folder}: {error.strerror or error}; expected to write the model there. Make room, or "
            "give another --out."
        ) from error
