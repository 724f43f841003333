"""What to say of a name or a folder that is no model: what was given, and what was probably meant.

Folders that are taken for models: one of several models, the Hub's cache of one, an adapter, weights in another form.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorium.core.catalogue import Catalogue
from sensorium.core.errors import CheckpointError, UsageError
from sensorium.core.names import did_you_mean

CONFIG = "config.json"
BUNDLED_SOURCE = "bundled"
"""The source of an entry whose model comes with the package."""

_ADDRESS = re.compile(r"https?://(?:(?P<hub>huggingface\.co|hf\.co)/(?P<name>[\w.-]+/[\w.-]+))?", re.ASCII)

_PROPER = re.compile("[A-Z]")
_SHORTEST = 4
"""Letters of a name that says something."""

_SHOWN = 3
"""So many of a folder's models are named."""


def no_such_model(name: str, families: Catalogue[Any], commands: Mapping[str, Catalogue[Any]]) -> UsageError:
    """The error for a name that stands for no folder and cannot be fetched.

    Args:
        name: what was given.
        families: where it was looked up.
        commands: all catalogues, by the command that takes their models.
    """
    if name in families.names():
        source = families.get(name).source
        meant = f"Give one, for example {source}" if "/" in source else "Give the folder that compose or train wrote"
        return UsageError(f"'{name}' is a family of models; expected one of them. {meant}.")
    for command, catalogue in commands.items():
        if name in catalogue.names():
            return _another_command(name, command, catalogue, families)
    if address := _ADDRESS.match(name):
        meant = f"Write {address['name']}" if address["hub"] else "Fetch it, and give its folder"
        return UsageError(f"{name}: is an address; expected a folder, or an id of the Hub. {meant}.")
    if is_file(name):
        return UsageError(f"{name}: is a file; expected the folder of a model. Give its folder: {Path(name).parent}")
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or name.endswith("/"):
        return UsageError(f"{name}: no such folder; expected that of a model. Check the spelling.")
    bundled = [entry.name for entry in families.entries if entry.source == BUNDLED_SOURCE]
    alike = _spoken_of(name, families)
    example = families.entries[-1].source if alike is None else alike.source
    meant = did_you_mean(name, families.names()) if alike is None else f" It may be of the family {alike.name}."
    return UsageError(
        f"There is no model named '{name}', and no such folder.{meant} Give "
        f"{', '.join([*bundled, 'the path of a model folder'])}, or an id of the Hub such as {example} "
        "(sensorium models)."
    )


def _spoken_of(name: str, families: Catalogue[Any]) -> Any | None:
    """The family, with an example on the Hub, whose example or summary has a proper name that begins so: "smolvlm"."""
    wanted = _letters(name)
    if len(wanted) < _SHORTEST:
        return None
    for entry in families.entries:
        _, on_the_hub, source = entry.source.partition("/")
        words = [source, *filter(_PROPER.search, entry.summary.split())]
        if on_the_hub and any(_letters(each).startswith(wanted) for each in words):
            return entry
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _another_command(name: str, command: str, catalogue: Catalogue[Any], families: Catalogue[Any]) -> UsageError:
    source = catalogue.get(name).source
    model = name if source == BUNDLED_SOURCE else source
    return UsageError(
        f"'{name}' is of another kind; expected a {families.kind}. It is for another command: "
        f"sensorium {command} --model {model}"
    )


def is_file(name: str) -> bool:
    """Whether a name is the path of a file that can be reached."""
    try:
        return Path(name).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):  # too long, another user's, an unknown "~user", no path at all
        return False


def no_model_folder(folder: Path) -> CheckpointError:
    """The error for a folder without a config.json."""
    try:
        meant = _meant(folder)
    except OSError as error:
        return CheckpointError(f"{folder}: cannot be looked into ({error.strerror}). Correct its permissions.")
    return CheckpointError(f"{folder}: no {CONFIG}, so not a model folder. {meant}")


def _meant(folder: Path) -> str:
    """What to give instead of a folder, by what is in it. Raises: OSError."""
    names = sorted(path.name for path in folder.iterdir())
    if "snapshots" in names and (cached := sorted((folder / "snapshots").glob(f"*/{CONFIG}"))):
        return f"It is a cache of the Hub: give {cached[-1].parent}"
    if "adapter_config.json" in names:
        return f"It is an adapter: give the model that it is for, and beside it --adapter {folder}"
    if ggufs := [name for name in names if name.endswith(".gguf")]:
        return f"{ggufs[0]} is not read: give the model as safetensors, as transformers writes it."
    inside = [name for name in names if (folder / name / CONFIG).is_file()]
    if inside:
        more = ", …" if len(inside) > _SHOWN else ""
        return f"There are some in it: give one of {', '.join(str(folder / name) for name in inside[:_SHOWN])}{more}"
    return "Give one that training wrote or that was downloaded whole."
