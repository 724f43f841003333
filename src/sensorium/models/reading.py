"""A section of the reference's config.json as a dataclass whose fields have the names of its keys.

Strict: a key that is neither a field nor listed as idle may change what is computed, so it is refused by name, unless
it is null or false.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import TypeVar

from sensorium.core.config import Dataclass, from_dict
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.models.text.keys import IGNORED

C = TypeVar("C", bound=Dataclass)

_IDLE = IGNORED | {
    *("dropout", "finetuning_task", "initializer_factor", "logit_scale_init_value", "num_labels", "pruned_heads"),
    *("task_specific_params", "tie_word_embeddings"),
}
"""Keys that any section may have and that do not touch what an encoder computes when it is not being trained.

Older versions wrote all of them, those of generation too, into every section.
"""


def read_section(cls: type[C], data: object, *, idle: Collection[str] = (), where: str) -> C:
    """Build `cls` from a section of a config.json; null is an empty one.

    Args:
        cls: its defaults are those of the reference's configuration class, for keys that are left out.
        data: the section.
        idle: further keys that do not touch what is computed.
        where: begins every message.

    Raises: CheckpointError for an unknown key, a value of the wrong type, or what `cls` rejects.
    """
    known = {each.name for each in fields(cls)}
    kept = {
        key: value
        for key, value in table(data, where=where).items()
        if key in known or not (key in idle or key in _IDLE or key.startswith("_") or value is None or value is False)
    }
    try:
        return from_dict(cls, kept, where=where)
    except ConfigError as error:
        raise CheckpointError(str(error)) from error


def table(data: object, *, where: str) -> dict[str, object]:
    """A section; null is an empty one. Raises: CheckpointError for what is none."""
    if data is not None and not isinstance(data, Mapping):
        raise CheckpointError(f"{where} is {data!r}; expected a table of keys. Fetch the model again.")
    return dict(data or {})


def typed_table(data: object, *kinds: str, where: str) -> dict[str, object]:
    """A section of one of these model types, the first where it names none.

    Raises: CheckpointError for another model type, or what is no section.
    """
    found = {"model_type": kinds[0], **table(data, where=where)}
    if found["model_type"] not in kinds:
        raise CheckpointError(
            f"{where}: model_type is {found['model_type']!r}; expected {' or '.join(kinds)}. Choose a model made of "
            "these parts."
        )
    return found


def check_type(data: Mapping[str, object], *kinds: str, where: str, give: str) -> str:
    """The model type of a config.json, of which a family reads `kinds`; `give` says what to give in place of another.

    Raises: CheckpointError for another type.
    """
    found = data.get("model_type")
    if found not in kinds:
        raise CheckpointError(f"{where}: model_type is {found!r}; expected {' or '.join(kinds)}. Give {give}.")
    return str(found)


@contextmanager
def of_checkpoint(where: str) -> Iterator[None]:
    """What is elsewhere the user's mistake is here the checkpoint's: turns a ConfigError into a CheckpointError."""
    try:
        yield
    except ConfigError as error:
        raise CheckpointError(f"{where}: {error}") from error


def check_tower(where: str, *, width: int, heads: int, layers: int, hidden: int) -> None:
    """Reject sizes that no tower has, and a width that the heads do not divide. Raises: ConfigError."""
    check_sizes(where, width=width, heads=heads, layers=layers, hidden=hidden)
    if width % heads:
        raise ConfigError(
            f"{where} has hidden_size {width} and num_attention_heads {heads}; expected a multiple. Change one of them."
        )
