"""Llama 3.2 Vision as a model that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.inputs.settings import picture_settings
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.loading import load_checkpoint
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.inputs import PICTURE, Preparer, tile_spec
from sensorium.models.mllama.model import build
from sensorium.models.mllama.rules import rules
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
    settings, where = picture_settings(folder)
    with of_checkpoint(str(folder)), Unfilled():
        spec = tile_spec(settings, config.vision, where)
        network = build(config)
    tokenizer = HubTokenizer.from_folder(folder, also=(PICTURE,))
    check_rows(folder, tokenizer, {PICTURE: config.image_token}, vocabulary=config.language.vocabulary)
    template = ChatTemplate.from_folder(folder)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    pad = tokenizer.variables.get("pad_token")
    return Answerer(
        network=network.eval(),
        assembler=TemplatedAssembler(
            template=template,
            tokenizer=tokenizer,
            marks={"image": PICTURE},
            prepare=Preparer(spec),
            rows={"image": config.image_token},
            pad=tokenizer.id(pad) if pad else 0,
            vocabulary=config.language.vocabulary,
            max_tokens=config.context,
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer),
        banned=(config.image_token,) if config.image_token < config.said else (),
        max_tokens=config.context,
    )
