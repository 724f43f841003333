"""Configs: frozen dataclasses from the plain dicts that YAML and JSON give, and back.

A field may be int, float, bool, str, Literal, tuple, dict with str keys, another dataclass, a union of these
(`X | None` above all), or `object` (taken as it is). Nothing is guessed: a bool is not an int, "3" is not 3. Two
kindnesses: an int is taken for a float, and so is a string such as "3e-4", which PyYAML fails to read as a number.

Contradictions between fields are the dataclass's own matter: its `__post_init__` raises ConfigError.
"""

import copy
import dataclasses
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, ClassVar, Literal, Protocol, TypeVar, cast

from sensorium.core.errors import ConfigError
from sensorium.core.names import did_you_mean


class Dataclass(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


C = TypeVar("C", bound=Dataclass)

_EXPONENT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def from_dict(cls: type[C], data: object, *, where: str) -> C:
    """Build the dataclass `cls` from `data`; `where` (a file name, "command line") begins every message.

    Raises: ConfigError for an unknown key (with the nearest known one), a missing key, a value of the wrong type, or
    what a `__post_init__` rejects. TypeError when `cls` itself has a field of a type that configs cannot have.
    """
    return cast("C", _dataclass(cls, data, _Place(where)))


def to_dict(config: Dataclass) -> dict[str, object]:
    """The plain dict from which `from_dict` builds an equal config; tuples become lists, as in JSON."""
    return {each.name: _plain(getattr(config, each.name)) for each in fields(config) if each.init}


def apply_overrides(
    data: Mapping[str, object], overrides: Iterable[str], *, parse: Callable[[str], object]
) -> dict[str, object]:
    """A copy of `data` with each "a.b.c=value" applied in order; `parse` reads the value (ValueError: unreadable).

    Raises: ConfigError when an override is not "key=value", its value cannot be read, or its key leads through
    something that is not a table. Whether keys exist is for `from_dict` to say.
    """
    result = copy.deepcopy(dict(data))
    for override in overrides:
        key, equals, text = override.partition("=")
        path = key.strip().split(".")
        if not equals or not all(path):
            raise ConfigError(f"Got the override '{override}'; expected 'key=value' or 'part.key=value'. Write it so.")
        try:
            value = parse(text)
        except ValueError as error:
            raise ConfigError(
                f"The value in the override '{override}' cannot be read: {error}. Put it right."
            ) from error
        _table(result, path[:-1], override)[path[-1]] = value
    return result


def _table(data: dict[str, object], path: list[str], override: str) -> dict[str, object]:
    """The nested dict at `path`, made where there is none yet."""
    for key in path:
        if data.get(key) is None:
            data[key] = {}
        inner = data[key]
        if not isinstance(inner, dict):
            raise ConfigError(
                f"The override '{override}' goes into '{key}', which is {_shown(inner)}; expected a table of keys. "
                f"Override '{key}' as a whole."
            )
        data = inner
    return data


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where in the data we are, for messages."""

    where: str
    path: str = ""

    def key(self, name: object) -> "_Place":
        return _Place(self.where, f"{self.path}.{name}" if self.path else str(name))

    def item(self, index: int) -> "_Place":
        return _Place(self.where, f"{self.path}[{index}]")

    def __str__(self) -> str:
        return f"{self.where}: {self.path}" if self.path else self.where


def _dataclass(cls: type[Dataclass], data: object, place: _Place) -> Dataclass:
    if not isinstance(data, Mapping):
        raise _wrong(data, "a table of keys", place)
    known = {each.name: each for each in fields(cls) if each.init}
    unknown = [key for key in data if key not in known]
    if unknown:
        raise ConfigError(
            f"{place}: unknown key {unknown[0]!r}; expected some of: {', '.join(known)}."
            f"{did_you_mean(str(unknown[0]), known) or ' Remove it.'}"
        )
    missing = [name for name, each in known.items() if name not in data and _required(each)]
    if missing:
        raise ConfigError(
            f"{place}: has no {', '.join(map(repr, missing))}, which {cls.__name__} needs. Add what is missing."
        )
    hints = typing.get_type_hints(cls)
    values = {key: _value(hints[key], value, place.key(key)) for key, value in data.items()}
    try:
        return cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from error


def _value(hint: Any, data: object, place: _Place) -> object:
    """`data` as a value of the annotation `hint`."""
    if dataclasses.is_dataclass(hint):
        return _dataclass(cast("type[Dataclass]", hint), data, place)
    reader = _READERS.get(typing.get_origin(hint) or hint)
    if reader is None:
        raise TypeError(f"{place}: a config field cannot be of type {_name(hint)}; see sensorium.core.config.")
    return reader(hint, data, place)


def _anything(hint: Any, data: object, place: _Place) -> object:
    return data


def _scalar(hint: type, data: object, place: _Place) -> object:
    if type(data) is not hint:
        raise _wrong(data, _name(hint), place)
    return data


def _float(hint: type, data: object, place: _Place) -> float:
    # YAML 1.1, which PyYAML reads, wants a dot and a sign: for it "3e-4" is a word.
    if type(data) in (int, float) or (isinstance(data, str) and _EXPONENT.fullmatch(data)):
        try:
            return float(cast("float", data))
        except OverflowError as error:
            raise _wrong(data, "a float of at most 1.8e308", place) from error
    raise _wrong(data, "float", place)


def _literal(hint: Any, data: object, place: _Place) -> object:
    choices = typing.get_args(hint)
    for choice in choices:
        if type(choice) is type(data) and choice == data:  # True == 1, but is not meant by it
            return choice
    near = did_you_mean(data, [each for each in choices if isinstance(each, str)]) if isinstance(data, str) else ""
    raise _wrong(data, f"one of {', '.join(map(repr, choices))}", place, near)


def _tuple(hint: Any, data: object, place: _Place) -> tuple[object, ...]:
    if not isinstance(data, list | tuple):
        raise _wrong(data, "a list", place)
    hints = typing.get_args(hint)
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = (hints[0],) * len(data)
    if len(data) != len(hints):
        raise _wrong(data, f"a list of {len(hints)} values", place)
    return tuple(_value(each, value, place.item(i)) for i, (each, value) in enumerate(zip(hints, data, strict=True)))


def _dict(hint: Any, data: object, place: _Place) -> dict[object, object]:
    if not isinstance(data, Mapping):
        raise _wrong(data, "a table of keys", place)
    names, inner = typing.get_args(hint)
    return {_value(names, key, place.key(key)): _value(inner, value, place.key(key)) for key, value in data.items()}


def _union(hint: Any, data: object, place: _Place) -> object:
    arms = typing.get_args(hint)
    if data is None and types.NoneType in arms:
        return None
    rest = [arm for arm in arms if arm is not types.NoneType]
    if len(rest) == 1:
        return _value(rest[0], data, place)  # its own message is the better one
    for arm in rest:
        try:
            return _value(arm, data, place)
        except ConfigError:
            continue
    raise _wrong(data, " or ".join(map(_name, arms)), place)


_READERS: dict[object, Callable[[Any, object, _Place], object]] = {
    Any: _anything,
    object: _anything,
    int: _scalar,
    bool: _scalar,
    str: _scalar,
    float: _float,
    Literal: _literal,
    tuple: _tuple,
    dict: _dict,
    typing.Union: _union,
    types.UnionType: _union,
}


def _required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    return value


def _wrong(data: object, expected: str, place: _Place, advice: str = "") -> ConfigError:
    return ConfigError(f"{place}: got {_shown(data)}, expected {expected}.{advice or ' Correct the value.'}")


def _shown(data: object) -> str:
    text = repr(data)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(data).__name__})"


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_origin(hint) else str(hint)
