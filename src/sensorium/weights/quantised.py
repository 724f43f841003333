"""Folders whose weights have few bits: what their config.json says, and whether the weights agree.

    "_quantised": {"quant_method": "sensorium", "bits": 4, "group": 32}

The key begins with an underscore, so that readers of configs pass over it; those of other tools they refuse by name.
"""

from pathlib import Path

from sensorium.core.errors import CheckpointError
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.folder import read_json

METHOD, STATED, CODES = "sensorium", "_quantised", ".codes"


def stated_bits(folder: Path) -> int | None:
    """How many bits the weights of a folder have by its config.json; None where it says nothing of it.

    Raises: CheckpointError for another method than ours.
    """
    path = folder / "config.json"
    stated = read_json(path).get(STATED) if path.is_file() else None
    match stated:
        case None:
            return None
        case {"quant_method": "sensorium", "bits": (8 | 4) as bits, "group": 32}:
            return int(bits)
        case _:
            method = stated.get("quant_method") if isinstance(stated, dict) else stated
            raise CheckpointError(
                f"{path}: weights are quantised by {method!r}; expected those of `sensorium quantize`, of 8 or 4 bits "
                "in groups of 32. Take the checkpoint that is not quantised, and quantise it."
            )


def quantised_layers(checkpoint: Checkpoint) -> dict[str, int]:
    """Names of layers with few bits, and how many each has; none for a folder of plain weights.

    Raises: CheckpointError when config.json and weights do not agree.
    """
    folder = checkpoint.path if checkpoint.path.is_dir() else checkpoint.path.parent
    bits = stated_bits(folder)
    found = {name.removesuffix(CODES): checkpoint.shape(name) for name in checkpoint.names if name.endswith(CODES)}
    if bits is None and not found:
        return {}
    layers = {name: shape[2] for name, shape in found.items() if len(shape) == 4 and shape[2] in (bits, 8)}
    if bits is None or len(layers) < len(found) or not found or bits not in layers.values():
        raise CheckpointError(
            f"{folder}: config.json says that weights have {bits or 'no few'} bits, and {len(found)} weights have "
            f"{', '.join(sorted({str(shape[2]) for shape in found.values() if len(shape) == 4})) or 'none'}. Use "
            "config and weights of one model together, or quantise it again."
        )
    return layers
