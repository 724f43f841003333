"""From a YAML to a model folder: parts of checkpoints are read, the others begin with random weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import tokenizers
import torch
import yaml
from tokenizers import AddedToken
from torch import nn

from sensorium.chat.hub_tokenizer import HubTokenizer, stop_ids
from sensorium.chat.jinja import ChatTemplate
from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.language.decoder import Decoder
from sensorium.models.catalog import Progress, locate
from sensorium.models.composed.config import ComposedConfig, EncoderConfig, ModelConfig
from sensorium.models.composed.encoders import ENCODERS
from sensorium.models.composed.folder import TEMPLATED, WORDS, Model, as_json
from sensorium.models.composed.inputs import MARKS, preparer
from sensorium.models.composed.kinds import Read
from sensorium.models.composed.model import Reader, build, early_of
from sensorium.models.nano.folder import TOKENIZER
from sensorium.models.nano.model import draw_weights
from sensorium.models.reading import of_checkpoint
from sensorium.models.text.config import read_context
from sensorium.models.text.model import load as load_text
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint


def read_yaml(path: Path) -> ComposedConfig:
    """The YAML of a composed model. Raises: ConfigError when it is not readable, or makes no sense."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not a readable YAML file ({error}). Give the path of one.") from error
    return from_dict(ComposedConfig, data, where=str(path))


def compose(config: ComposedConfig, *, tokenizer: Tokenizer | None = None, progress: Progress | None = None) -> Model:
    """Put a model together, in fp32; `folder.save` writes it.

    Args:
        config: checkpoints in it are read, and their sizes written out.
        tokenizer: of a language model that begins with random weights; None for one that spells letter by letter.
        progress: told while a checkpoint is fetched.

    Raises: ConfigError for parts that do not fit each other; CheckpointError for a checkpoint that is damaged, or of
    another kind than the config says; UsageError and ModelError for one that cannot be found or fetched.
    """
    places = {
        name: locate(each.checkpoint, progress=progress)
        for name, each in config.encoders.items()
        if each.checkpoint is not None
    }
    found = {name: _read(config.encoders[name], folder) for name, folder in places.items()}
    encoders = config.encoders | {name: _written_out(config.encoders[name], read) for name, read in found.items()}
    talker = _talker(config, tokenizer, progress)
    config = replace(config, encoders=encoders, language=talker.config)
    preparer(config)  # that media can be prepared is better known now than at the first question
    network = build(config, language=talker.decoder)
    for part in network.children():
        if part is not talker.decoder:
            part.apply(draw_weights)
    readers = early_of(network).readers
    for name, read in found.items():
        part = nn.ModuleDict({"encoder": cast("Reader", readers[name]).encoder})
        load_checkpoint(part, Checkpoint.open(places[name]), read.keymap, dtype=torch.float32)
    return Model(config, network.eval(), talker.words)


def _read(encoder: EncoderConfig, folder: Path) -> Read[Any]:
    """What the checkpoint of an encoder says. Raises: CheckpointError when it is of another kind."""
    read = ENCODERS[encoder.kind].read
    if read is None:
        raise ConfigError(f"{encoder.kind}: has no checkpoints; expected sizes. Remove the checkpoint.")
    with of_checkpoint(str(folder)):
        return read(folder)


def _written_out(encoder: EncoderConfig, read: Read[Any]) -> EncoderConfig:
    return replace(encoder, checkpoint=None, sizes=to_dict(read.sizes), settings=read.settings)


@dataclass(frozen=True, eq=False)
class _Talker:
    """The language model: its decoder, None for one that is to be built; its config; its files of words."""

    decoder: Decoder | None
    config: ModelConfig
    words: Mapping[str, bytes]


def _talker(config: ComposedConfig, tokenizer: Tokenizer | None, progress: Progress | None) -> _Talker:
    if config.language.checkpoint is None:
        if config.around:
            raise ConfigError(
                f"around: got tokens for {', '.join(config.around)} and a language model with random weights, whose "
                "template says what stands around media; expected none. Remove them, or give a checkpoint."
            )
        room = config.language.decoder().vocabulary
        own = tokenizer or Tokenizer.train((), vocabulary=room, special=SPECIAL_TOKENS)
        if own.vocabulary > room:
            raise ConfigError(
                f"language: its vocabulary is {room}, but the tokenizer has {own.vocabulary} ids; expected no more. "
                "Give a larger vocabulary."
            )
        return _Talker(None, config.language, {TOKENIZER: own.to_json().encode()})
    if tokenizer is not None:
        raise ConfigError(
            f"language: got a tokenizer for the checkpoint '{config.language.checkpoint}', which has its own; expected "
            "none. Leave it out."
        )
    folder = locate(config.language.checkpoint, progress=progress)
    decoder = load_text(folder, dtype=torch.float32).language
    ChatTemplate.from_folder(folder)  # without one it would go on with a question instead of answering it
    words, inner = _words(folder, config.marks)
    ids = [inner.token_to_id(mark) for mark in (*(MARKS[modality] for modality in config.encoders), *config.marks)]
    _widen(decoder, max(id_ for id_ in ids if id_ is not None) + 1)
    data = read_json(folder / "config.json")
    if config.inputs.max_tokens > read_context(data):
        raise ConfigError(
            f"inputs: max_tokens is {config.inputs.max_tokens}; the language model takes {read_context(data)}. Give a "
            "smaller number."
        )
    sizes = {**data, "vocab_size": len(decoder.embedding.weight)}
    return _Talker(decoder, ModelConfig(sizes=sizes), words)


def _words(folder: Path, around: Sequence[str]) -> tuple[dict[str, bytes], tokenizers.Tokenizer]:
    """The files of a language model's tokenizer, with the tokens for media and around them, and that tokenizer."""
    whole = HubTokenizer.from_folder(folder)
    words = {name: (folder / name).read_bytes() for name in WORDS if (folder / name).is_file()}
    inner = tokenizers.Tokenizer.from_str(words[TOKENIZER].decode())
    if inner.get_vocab_size() != whole.vocabulary:
        raise CheckpointError(
            f"{folder}: tokenizer.json has {inner.get_vocab_size()} ids, with those of its companions "
            f"{whole.vocabulary}; expected all in tokenizer.json, so that tokens for media can be added. Save it again "
            "with transformers: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)"
        )
    inner.add_special_tokens([AddedToken(mark, special=True) for mark in (*MARKS.values(), *around)])
    words[TOKENIZER] = inner.to_str().encode()
    words.setdefault(TEMPLATED, as_json({}))
    if "generation_config.json" not in words:
        words["generation_config.json"] = as_json({"eos_token_id": sorted(stop_ids(folder))})
    return words, inner


@torch.no_grad()
def _widen(decoder: Decoder, vocabulary: int) -> None:
    """Room for further ids; they begin as the mean of all others."""
    for part in (decoder.embedding, decoder.head):
        if part is not None and len(part.weight) < vocabulary:
            new = part.weight.mean(dim=0, keepdim=True).expand(vocabulary - len(part.weight), -1)
            part.weight = nn.Parameter(torch.cat((part.weight, new)))
