"""PaliGemma 1 and 2 as models that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.core.errors import CheckpointError
from sensorium.inputs.settings import picture_settings, tower_pictures
from sensorium.models.answerer import Answerer
from sensorium.models.loading import load_checkpoint
from sensorium.models.paligemma.config import read_config
from sensorium.models.paligemma.inputs import END, ROW, LineAssembler, Preparer
from sensorium.models.paligemma.model import build
from sensorium.models.paligemma.places import places
from sensorium.models.paligemma.rules import rules
from sensorium.models.reading import of_checkpoint
from sensorium.models.tokens import answer_ends, check_rows
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others.
    """
    path = folder / "config.json"
    config = read_config(read_json(path), where=str(path))
    tokenizer = HubTokenizer.from_folder(folder, also=(ROW,))
    end = _line_end(folder, tokenizer)
    check_rows(folder, tokenizer, {ROW: config.image_token}, vocabulary=config.language.vocabulary)
    settings, where = picture_settings(folder)
    with of_checkpoint(str(folder)), Unfilled():
        spec = tower_pictures(settings, config.vision.image_size, where=where)
        network = build(config, end=end)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    return Answerer(
        network=network.eval(),
        assembler=LineAssembler(
            tokenizer=tokenizer,
            prepare=Preparer(spec, config.rows),
            row=config.image_token,
            end=end,
            pad=tokenizer.id(tokenizer.variables.get("pad_token", "<pad>")),
            max_tokens=config.context,
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer, tokenizer.variables.get("eos_token", "<eos>")),
        banned=(config.image_token,),
        max_tokens=config.context,
        places=places,
    )


def _line_end(folder: Path, tokenizer: HubTokenizer) -> int:
    """The id that closes prompts. Raises: CheckpointError when a line's end is no token of its own."""
    found = tokenizer.encode_trusted(END)
    if len(found) != 1:
        raise CheckpointError(
            f"{folder}: a line's end is {len(found)} tokens for the tokenizer; expected one, which closes the prompt. "
            "Use the files of one model together."
        )
    return found[0]
