"""A composed model as one that can be asked."""

from pathlib import Path

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import CheckpointError
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.models.answerer import Answerer
from sensorium.models.composed.folder import TEMPLATED, Model
from sensorium.models.composed.folder import load as load_model
from sensorium.models.composed.inputs import MARKS, Preparer, longest_sound, preparer
from sensorium.models.composed.model import early_of
from sensorium.models.nano.folder import TOKENIZER
from sensorium.models.reading import of_checkpoint
from sensorium.models.tokens import answer_ends, check_rows


def load(folder: Path) -> Answerer:
    """Read a model folder. Raises: CheckpointError when a file is missing, altered or does not fit the others."""
    return answerer(load_model(folder), folder)


def answerer(model: Model, folder: Path) -> Answerer:
    """A model and its folder as what can be asked.

    Raises: CheckpointError when its files do not fit each other.
    """
    with of_checkpoint(str(folder)):
        prepare = preparer(model.config)
    make = _templated if TEMPLATED in model.words else _own
    return make(model, folder, prepare)


def _own(model: Model, folder: Path, prepare: Preparer) -> Answerer:
    """With the template of `nano`; no answer may hold a special token but the one that ends it."""
    tokenizer, spec = Tokenizer.from_file(folder / TOKENIZER), model.config.inputs
    embedded = len(early_of(model.network).language.embedding.weight)
    if tokenizer.vocabulary > embedded:
        raise CheckpointError(
            f"{folder}: the tokenizer has {tokenizer.vocabulary} ids, the model only {embedded}. They do not belong "
            "together; compose the model again."
        )
    end = tokenizer.special(END)
    return Answerer(
        network=model.network,
        assembler=Assembler(tokenizer, spec, item=prepare.item),
        tokenizer=tokenizer,
        stops=frozenset({end}),
        banned=tuple(sorted(tokenizer.special_ids - {end})),
        max_tokens=spec.max_tokens,
        longest_sound=longest_sound(model.config),
    )


def _templated(model: Model, folder: Path, prepare: Preparer) -> Answerer:
    """With the language model's own template, in which a film's sound has no place."""
    marks: dict[str, str] = {modality: MARKS[modality] for modality in model.config.encoders}
    around = model.config.marks
    tokenizer = HubTokenizer.from_folder(folder, also=(*marks.values(), *around))
    rows = {modality: tokenizer.id(MARKS[modality]) for modality in model.config.encoders}
    vocabulary = len(early_of(model.network).language.embedding.weight)
    check_rows(folder, tokenizer, dict.fromkeys((*marks.values(), *around)), vocabulary=vocabulary)
    pad = tokenizer.variables.get("pad_token")
    return Answerer(
        network=model.network,
        assembler=TemplatedAssembler(
            template=ChatTemplate.from_folder(folder),
            tokenizer=tokenizer,
            marks=marks,
            prepare=prepare,
            rows=rows,
            pad=tokenizer.id(pad) if pad else 0,
            vocabulary=vocabulary,
            max_tokens=model.config.inputs.max_tokens,
        ),
        tokenizer=tokenizer,
        stops=answer_ends(folder, tokenizer),
        banned=tuple(sorted({*rows.values(), *map(tokenizer.id, around)})),
        max_tokens=model.config.inputs.max_tokens,
    )
