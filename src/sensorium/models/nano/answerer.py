"""`nano` as a model that can be asked."""

from pathlib import Path

from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.spec import InputSpec
from sensorium.models.answerer import Answerer
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.folder import load_nano


def load(folder: Path) -> Answerer:
    """Read a model folder. Raises: CheckpointError as `load_nano`."""
    network, config, tokenizer = load_nano(folder)
    return answerer(network, tokenizer, config.inputs)


def answerer(network: EarlyFusion, tokenizer: Tokenizer, spec: InputSpec) -> Answerer:
    """Join the parts; no answer may hold a special token but the one that ends it."""
    end = tokenizer.special(END)
    return Answerer(
        network=network,
        assembler=Assembler(tokenizer, spec),
        tokenizer=tokenizer,
        stops=frozenset({end}),
        banned=tuple(sorted(tokenizer.special_ids - {end})),
        max_tokens=spec.max_tokens,
        longest_sound=spec.audio.max_seconds,
    )
