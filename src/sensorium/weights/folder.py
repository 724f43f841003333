"""The files of a model folder: their names, JSON, and the refusal of what is no safetensors. Without torch.

Pickles (`pytorch_model.bin`, `.pt`, `.ckpt`) can run code when they are read, so they are refused, with the command
that converts one that is trusted.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePath

from sensorium.core.errors import CheckpointError
from sensorium.weights.faults import few

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")

CONVERT = (
    """python -c "import glob, torch; from safetensors.torch import save_file; save_file({k: v.contiguous().clone() """
    """for f in glob.glob('%s') for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, """
    """'model.safetensors', {'format': 'pt'})\""""
)
"""The command that makes a safetensors file of pickled weights; %s is a pattern of their names."""

_SHARD = re.compile(r"[A-Za-z0-9_-][\w.+-]*\.safetensors")

_LARGEST_JSON = 1 << 26
"""Bytes; a tokenizer of a quarter million tokens has half of that."""


def read_json(path: Path) -> dict[str, object]:
    """A JSON object. Raises: CheckpointError when the file is missing, too large, or holds something else."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_JSON + 1)
        data = json.loads(text) if len(text) <= _LARGEST_JSON else None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a readable JSON file ({error}). Fetch the model again.") from error
    if not isinstance(data, dict):
        got = type(data).__name__ if len(text) <= _LARGEST_JSON else "more than 64 MiB"
        raise CheckpointError(f"{path}: got {got}, expected an object. Fetch the model again.")
    return data


def read_index(path: Path) -> dict[str, str]:
    """Names of tensors to names of the files beside it that hold them.

    Raises: CheckpointError when it is not such a table, or leads out of the folder.
    """
    places = read_json(path).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise CheckpointError(f"{path}: no 'weight_map' of names to files. Fetch the model again.")
    for name, shard in places.items():
        if not (isinstance(shard, str) and _SHARD.fullmatch(shard)):
            raise CheckpointError(
                f"{path}: {name} is in {shard!r}; expected the name of a safetensors file beside it. Fetch the model "
                "again."
            )
    return places


def no_weights(where: str, names: Iterable[str]) -> CheckpointError:
    """The error for a folder or repository with these files, none of them weights that we read."""
    files = sorted(names)
    pickles = [name for name in files if name.endswith(PICKLES) and not name.startswith("training_args")]
    if pickles:
        pattern = ("pytorch_model*" if pickles[0].startswith("pytorch_model") else "*") + PurePath(pickles[0]).suffix
        return CheckpointError(
            f"{where}: got {few(pickles)}, pickles, which can run code when they are read; expected {SINGLE}. If "
            f"you trust where they come from, convert them in their folder: {CONVERT % pattern}"
        )
    others = [name for name in files if name.endswith((".safetensors", ".gguf", ".h5", ".msgpack", ".onnx"))]
    return CheckpointError(
        f"{where}: got {few(others) or 'no weights'}; expected {SINGLE}, or {INDEX} with its files. Give a model "
        "in the form that transformers writes."
    )
