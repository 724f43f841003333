"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL as models that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer, stop_ids
from sensorium.chat.jinja import ChatTemplate
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.qwen_vl.config import QwenVLConfig, read_config
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
from sensorium.models.qwen_vl.rules import rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint

TURN_END, TEXT_END = "<|im_end|>", "<|endoftext|>"


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others.
    """
    config = read_config(read_json(folder / "config.json"), where=str(folder / "config.json"))
    try:
        with Unfilled():
            network = build(config)
        cut = network.cut
        spec = read_sight(folder, cut, stamped=config.stamped)
    except ConfigError as error:  # in a call the user's mistake, here the folder's fault
        raise CheckpointError(f"{folder}: {error}") from error
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    tokenizer = HubTokenizer.from_folder(folder, also=(START, END, IMAGE_ROW, FILM_ROW))
    _check(folder, tokenizer, config)
    inner = TemplatedAssembler(
        template=ChatTemplate.from_folder(folder),
        tokenizer=tokenizer,
        marks=MARKS,
        prepare=Preparer(spec, cut),
        rows={"image": config.image_token, "video": config.video_token},
        pad=tokenizer.id(tokenizer.variables.get("pad_token", TEXT_END)),
        max_tokens=config.context,
    )
    return Answerer(
        network=network.eval(),
        assembler=QwenVLAssembler(inner, cut, config.ticks, config.stamped),
        tokenizer=tokenizer,
        stops=stop_ids(folder) | {tokenizer.id(TURN_END)},
        banned=tuple(tokenizer.id(token) for token in (START, END, IMAGE_ROW, FILM_ROW)),
        max_tokens=config.context,
    )


def _check(folder: Path, tokenizer: HubTokenizer, config: QwenVLConfig) -> None:
    """Raises: CheckpointError when tokenizer and config call different ids placeholders."""
    for token, id_ in ((IMAGE_ROW, config.image_token), (FILM_ROW, config.video_token)):
        if tokenizer.id(token) != id_:
            raise CheckpointError(
                f"{folder}: {token} is id {tokenizer.id(token)} for the tokenizer, {id_} in config.json; expected the "
                "same. Use the files of one model together."
            )
