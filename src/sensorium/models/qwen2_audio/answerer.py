"""Qwen2-Audio as a model that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.media.types import SAMPLE_RATE
from sensorium.models.answerer import Answerer
from sensorium.models.loading import load_checkpoint
from sensorium.models.qwen2_audio.config import read_config
from sensorium.models.qwen2_audio.inputs import END, MARKS, ROW, START, Preparer, mel_of, read_template
from sensorium.models.qwen2_audio.model import build
from sensorium.models.qwen2_audio.rules import rules
from sensorium.models.reading import of_checkpoint
from sensorium.models.tokens import answer_ends, check_rows
from sensorium.models.whisper.inputs import check_mel
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json

TURN_END, TEXT_END = "<|im_end|>", "<|endoftext|>"


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others.
    """
    path = folder / "config.json"
    config = read_config(read_json(path), where=str(path))
    with of_checkpoint(str(folder)), Unfilled():
        network = build(config)
    mel = mel_of(config.audio)
    check_mel(folder, mel)
    tokenizer = HubTokenizer.from_folder(folder, also=(ROW, START, END))
    check_rows(folder, tokenizer, {ROW: config.audio_token}, vocabulary=config.language.vocabulary)
    template = read_template(folder)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    return Answerer(
        network=network.eval(),
        assembler=TemplatedAssembler(
            template=template,
            tokenizer=tokenizer,
            marks=MARKS,
            prepare=Preparer(mel),
            rows={"audio": config.audio_token},
            pad=tokenizer.id(tokenizer.variables.get("pad_token", TEXT_END)),
            vocabulary=config.language.vocabulary,
            max_tokens=config.context,
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer, TURN_END),
        banned=tuple(tokenizer.id(token) for token in (ROW, START, END)),
        max_tokens=config.context,
        longest_sound=mel.samples / SAMPLE_RATE,
    )
