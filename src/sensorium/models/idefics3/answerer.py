"""Idefics3 and SmolVLM as models that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer, stop_ids
from sensorium.chat.jinja import ChatTemplate
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.inputs.settings import picture_settings
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.idefics3.config import read_config
from sensorium.models.idefics3.inputs import AROUND, ROW, WHOLE, Preparer, tile_spec
from sensorium.models.idefics3.model import build
from sensorium.models.idefics3.rules import rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint

FILM = "<video>"
"""What templates write for a film."""

FILM_TEMPLATE = (
    "<|im_start|>{% for message in messages %}"
    "{{ message['role'] | capitalize }}{{ ':' if message['content'][0]['type'] == 'image' else ': ' }}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'text' %}{{ part['text'] }}{% else %}<{{ part['type'] }}>{% endif %}"
    "{% endfor %}<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
"""For talks with films, whatever the checkpoint's own template says: the older ones forget films. As in the reference.
"""


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others.
    """
    data = read_json(folder / "config.json")
    try:
        config = read_config(data)
        spec = tile_spec(*picture_settings(folder))
        with Unfilled():
            network = build(config)
    except ConfigError as error:  # in a call the user's mistake, here the folder's fault
        raise CheckpointError(f"{folder}: {error}") from error
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    tokenizer = HubTokenizer.from_folder(folder, also=(ROW, AROUND))
    return Answerer(
        network=network.eval(),
        assembler=TemplatedAssembler(
            template=ChatTemplate.from_folder(folder),
            tokenizer=tokenizer,
            marks={"image": ROW, "video": FILM},
            prepare=Preparer(spec, config.rows_per_tile),
            rows={"image": tokenizer.id(ROW)},
            pad=tokenizer.id(tokenizer.variables.get("pad_token", "<|im_end|>")),
            max_tokens=config.context,
            film_template=ChatTemplate(FILM_TEMPLATE, where="film template"),
        ),
        tokenizer=tokenizer,
        stops=stop_ids(folder) | {tokenizer.id("<end_of_utterance>")},
        banned=tuple(tokenizer.id(token) for token in (ROW, AROUND, WHOLE)),
        max_tokens=config.context,
    )
