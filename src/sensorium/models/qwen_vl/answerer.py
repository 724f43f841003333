"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL as models that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.loading import load_checkpoint
from sensorium.models.qwen_vl.config import read_config
from sensorium.models.qwen_vl.inputs import (
    END,
    FILM_ROW,
    IMAGE_ROW,
    MARKS,
    START,
    Preparer,
    QwenVLAssembler,
    read_sight,
)
from sensorium.models.qwen_vl.model import build
from sensorium.models.qwen_vl.places import UNITS, Finder
from sensorium.models.qwen_vl.rules import rules
from sensorium.models.reading import of_checkpoint
from sensorium.models.tokens import answer_ends, check_rows
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json

TURN_END, TEXT_END = "<|im_end|>", "<|endoftext|>"


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others.
    """
    data = read_json(folder / "config.json")
    config = read_config(data, where=str(folder / "config.json"))
    with of_checkpoint(str(folder)), Unfilled():
        network = build(config)
        cut = network.cut
        spec = read_sight(folder, cut, stamped=config.stamped)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    tokenizer = HubTokenizer.from_folder(folder, also=(START, END, IMAGE_ROW, FILM_ROW))
    rows = {IMAGE_ROW: config.image_token, FILM_ROW: config.video_token}
    check_rows(folder, tokenizer, rows, vocabulary=config.language.vocabulary)
    inner = TemplatedAssembler(
        template=ChatTemplate.from_folder(folder),
        tokenizer=tokenizer,
        marks=MARKS,
        prepare=Preparer(spec, cut),
        rows={"image": config.image_token, "video": config.video_token},
        pad=tokenizer.id(tokenizer.variables.get("pad_token", TEXT_END)),
        vocabulary=config.language.vocabulary,
        max_tokens=config.context,
    )
    return Answerer(
        network=network.eval(),
        assembler=QwenVLAssembler(inner, cut, config.ticks, config.stamped),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer, TURN_END),
        banned=tuple(tokenizer.id(token) for token in (START, END, IMAGE_ROW, FILM_ROW)),
        max_tokens=config.context,
        places=Finder(UNITS[str(data["model_type"])], even=not config.stamped),
    )
