"""LLaVA-1.5 and LLaVA-NeXT as models that can be asked."""

from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.inputs.settings import picture_settings
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.llava.config import LlavaConfig, read_config
from sensorium.models.llava.inputs import ROW, Preparer, ViewSpec, original_settings, view_spec
from sensorium.models.llava.model import build
from sensorium.models.llava.original import is_original
from sensorium.models.llava.rules import rules
from sensorium.models.loading import load_checkpoint
from sensorium.models.reading import of_checkpoint
from sensorium.models.tokens import answer_ends, check_rows
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json


def load(folder: Path, *, dtype: torch.dtype | None = None) -> Answerer:
    """Read a checkpoint folder. `dtype` None keeps the type of its weights.

    Raises: CheckpointError when a file is missing, damaged, or does not fit the others.
    """
    path = folder / "config.json"
    data = read_json(path)
    config = read_config(data, where=str(path))
    with of_checkpoint(str(folder)), Unfilled():
        spec = _read_spec(folder, config, original=is_original(data))
        network = build(config)
    row = _row(folder)
    tokenizer = HubTokenizer.from_folder(folder, also=(row,))
    check_rows(folder, tokenizer, {row: config.image_token}, vocabulary=config.language.vocabulary)
    template = ChatTemplate.from_folder(folder)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    return Answerer(
        network=network.eval(),
        assembler=TemplatedAssembler(
            template=template,
            tokenizer=tokenizer,
            marks={"image": row},
            prepare=Preparer(spec, row),
            rows={"image": tokenizer.id(row)},
            pad=_pad(tokenizer, config),
            vocabulary=config.language.vocabulary,
            max_tokens=config.context,
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer),
        banned=(tokenizer.id(row),),
        max_tokens=config.context,
    )


def _read_spec(folder: Path, config: LlavaConfig, *, original: bool) -> ViewSpec:
    """How pictures are prepared; folders of the original repository do not say it."""
    silent = not (folder / "preprocessor_config.json").is_file() and not (folder / "processor_config.json").is_file()
    if original and silent:
        return view_spec(original_settings(config), config, where=str(folder / "config.json"))
    settings, where = picture_settings(folder)
    return view_spec(settings, config, where=where)


def _row(folder: Path) -> str:
    """The spelling of the token that stands for one row."""
    path = folder / "processor_config.json"
    said = read_json(path).get("image_token") if path.is_file() else None
    return said if isinstance(said, str) else ROW


def _pad(tokenizer: HubTokenizer, config: LlavaConfig) -> int:
    """An id for what nobody looks at: that of padding, if the language model embeds it."""
    named = tokenizer.variables.get("pad_token")
    found = 0 if named is None else tokenizer.id(named)
    return found if found < config.language.vocabulary else 0
