"""Gemma 3 as a model that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.inputs.settings import picture_settings
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.gemma3.config import read_config
from sensorium.models.gemma3.inputs import ROW, START, STOP, Preparer, view_spec
from sensorium.models.gemma3.model import build
from sensorium.models.gemma3.rules import rules
from sensorium.models.loading import load_checkpoint
from sensorium.models.reading import of_checkpoint
from sensorium.models.tokens import answer_ends, check_rows
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json

TURN_END = "<end_of_turn>"


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others.
    """
    path = folder / "config.json"
    config = read_config(read_json(path), where=str(path))
    settings, where = picture_settings(folder)
    with of_checkpoint(str(folder)), Unfilled():
        spec = view_spec(settings, config.vision.image_size, where)
        network = build(config)
    tokenizer = HubTokenizer.from_folder(folder, also=(ROW, START, STOP))
    check_rows(folder, tokenizer, {ROW: config.image_token}, vocabulary=config.language.vocabulary)
    template = ChatTemplate.from_folder(folder)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    return Answerer(
        network=network.eval(),
        assembler=TemplatedAssembler(
            template=template,
            tokenizer=tokenizer,
            marks={"image": START},
            prepare=Preparer(spec, config.rows),
            rows={"image": config.image_token},
            pad=tokenizer.id(tokenizer.variables.get("pad_token", "<pad>")),
            vocabulary=config.language.vocabulary,
            max_tokens=config.context,
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer, TURN_END),
        banned=tuple(tokenizer.id(token) for token in (ROW, START, STOP)),
        max_tokens=config.context,
    )
