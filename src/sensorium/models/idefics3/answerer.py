"""Idefics3 and SmolVLM as models that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.inputs.settings import picture_settings
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.idefics3.config import read_config
from sensorium.models.idefics3.inputs import AROUND, ROW, WHOLE, Preparer, tile_spec
from sensorium.models.idefics3.model import build
from sensorium.models.idefics3.rules import rules
from sensorium.models.loading import load_checkpoint
from sensorium.models.reading import of_checkpoint
from sensorium.models.tokens import answer_ends, check_rows
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json

FILM = "<video>"
"""What templates write for a film."""

END = "<end_of_utterance>"
"""Closes what is said, unless a checkpoint that was made here ends answers as its language model does."""

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
    with of_checkpoint(str(folder)), Unfilled():
        config = read_config(read_json(folder / "config.json"))
        spec = tile_spec(*picture_settings(folder))
        network = build(config)
    tokenizer = HubTokenizer.from_folder(folder, also=(ROW, AROUND))
    check_rows(folder, tokenizer, {ROW: config.image_token}, vocabulary=config.language.vocabulary)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    return Answerer(
        network=network.eval(),
        assembler=TemplatedAssembler(
            template=ChatTemplate.from_folder(folder),
            tokenizer=tokenizer,
            marks={"image": ROW, "video": FILM},
            prepare=Preparer(spec, config.rows_per_tile),
            rows={"image": config.image_token},
            pad=tokenizer.id(tokenizer.variables.get("pad_token", "<|im_end|>")),
            vocabulary=config.language.vocabulary,
            max_tokens=config.context,
            film_template=ChatTemplate(FILM_TEMPLATE, where="film template"),
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer, END if END in tokenizer.control else None),
        banned=tuple(tokenizer.id(token) for token in (ROW, AROUND, WHOLE)),
        max_tokens=config.context,
    )
