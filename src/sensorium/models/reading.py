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
    if data is not None and not isinstance(data, Mapping):
        raise CheckpointError(
            f"{where}: got {type(data).__name__}, expected a table of keys. Fetch the checkpoint again."
        )
    known = {each.name for each in fields(cls)}
    kept = {
        key: value
        for key, value in (data or {}).items()
        if key in known or not (key in idle or key in _IDLE or key.startswith("_") or value is None or value is False)
    }
    try:
        return from_dict(cls, kept, where=where)
    except ConfigError as error:
        raise CheckpointError(str(error)) from error


@contextmanager
def of_checkpoint(where: str) -> Iterator[None]:
    """What is elsewhere the user's mistake is here the checkpoint's: turns a ConfigError into a CheckpointError."""
    try:
        yield
    except ConfigError as error:
        raise CheckpointError(f"{where}: {error}") from error


def whole_heads(where: str, width: int, heads: int) -> None:
    """Reject a width that the heads do not divide. Raises: ConfigError."""
    if heads < 1 or width < 1 or width % heads:
        raise ConfigError(
            f"{where} has hidden_size {width} and num_attention_heads {heads}; expected a multiple. Change one of them."
        )
