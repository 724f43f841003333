"""The lazy catalogue: names to things, imported only when one is resolved.

Listing a catalogue costs nothing, so `--help` and `models` answer at once. A catalogue is a constant: it is
written down complete, and nothing registers itself as a side effect of an import.
"""

import importlib
from collections import Counter
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from sensorium.core.errors import ConfigError, UsageError
from sensorium.core.names import did_you_mean

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One line of a catalogue.

    target: "module:attribute". summary: one sentence for a list.
    source: where one of it comes from; `size` is that one's bytes. kinds: what a config may call it.
    """

    name: str
    target: str
    summary: str
    modalities: tuple[str, ...] = ()
    licence: str = ""
    source: str = ""
    size: int = 0
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reject a target without both halves."""
        module, _, attribute = self.target.partition(":")
        if not module or not attribute.isidentifier():
            raise ConfigError(
                f"Entry '{self.name}' has the target '{self.target}'; expected 'module:attribute'. Correct the entry."
            )


@dataclass(frozen=True)
class Catalogue(Generic[T]):
    """Entries of one `kind` ("model", "encoder", "task"), whose targets are all of type T.

    Raises: ConfigError when two entries have the same name.
    """

    kind: str
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        """Reject names that stand twice."""
        twice = [name for name, count in Counter(self.names()).items() if count > 1]
        if twice:
            raise ConfigError(
                f"The {self.kind} catalogue has more than one entry named {', '.join(map(repr, twice))}; "
                "expected each name once. Rename or remove the others."
            )

    def names(self) -> tuple[str, ...]:
        """All names, in the order of the catalogue."""
        return tuple(entry.name for entry in self.entries)

    def get(self, name: str) -> Entry:
        """The entry of that name, nothing imported.

        Raises: UsageError for an unknown name, with close ones or all of them.
        """
        for entry in self.entries:
            if entry.name == name:
                return entry
        known = ", ".join(sorted(self.names())) or "none"
        raise UsageError(
            f"There is no {self.kind} named '{name}'; there are: {known}.{did_you_mean(name, self.names())}"
        )

    def resolve(self, name: str) -> T:
        """Import and return what the entry of that name points to.

        Raises: UsageError for an unknown name, ConfigError when the target has no such attribute. An error while its
        module is imported passes through.
        """
        entry = self.get(name)
        module, _, attribute = entry.target.partition(":")
        loaded = importlib.import_module(module)
        if not hasattr(loaded, attribute):
            raise ConfigError(
                f"The {self.kind} '{name}' points to '{entry.target}', but that module has no '{attribute}'. "
                "Correct the entry."
            )
        return cast("T", getattr(loaded, attribute))
