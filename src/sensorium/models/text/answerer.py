"""Language models alone as models that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.text.config import read_context
from sensorium.models.text.inputs import refuse
from sensorium.models.text.model import load as load_network
from sensorium.models.tokens import answer_ends
from sensorium.weights.folder import read_json

PAD = 0
"""Any id that is embedded: nobody looks at padding, and not every tokenizer has a token for it."""


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others; for a model without a chat
    template, too, which would go on with a question instead of answering it.
    """
    tokenizer, template = HubTokenizer.from_folder(folder), ChatTemplate.from_folder(folder)
    network = load_network(folder, dtype=dtype)
    context = read_context(read_json(folder / "config.json"))
    return Answerer(
        network=network,
        assembler=TemplatedAssembler(
            template=template,
            tokenizer=tokenizer,
            marks={},
            prepare=refuse,
            rows={},
            pad=PAD,
            vocabulary=len(network.language.embedding.weight),
            max_tokens=context,
            framed=False,
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer),
        banned=(),
        max_tokens=context,
    )
