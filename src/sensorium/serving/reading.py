"""Bodies to JSON values: strict, and bounded before anything is built."""

import json
import math
import re
from collections.abc import Mapping

from sensorium.serving.faults import Refusal
from sensorium.serving.limits import ServerLimits

_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[\[\]{}]', re.DOTALL)
"""Takes time in proportion to the text, also where a string does not end."""

_LONGEST = 20  # digits: whatever is longer takes time to read, and no field may be so large


def read_json(body: bytes, limits: ServerLimits) -> object:
    """The value that a body spells.

    Stricter than Python's reader: no NaN and no endless numbers, no key twice, no half
    characters, no more depth than allowed; UTF-8 without a mark.

    Raises: Refusal.
    """
    if not body:
        raise _bad("the body is empty")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad(f"byte {error.start} is not UTF-8") from error
    _check_depth(text, limits.depth)
    try:
        value: object = json.loads(
            text, object_pairs_hook=_table, parse_constant=_constant, parse_float=_float, parse_int=_int
        )
    except (ValueError, RecursionError) as error:
        told = f"{error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else "cannot be read"
        raise _bad(told) from error
    if "\\ud" in text or "\\uD" in text:
        _check_characters(value)
    return value


def as_table(value: object) -> Mapping[str, object]:
    """`value` itself. Raises: Refusal unless it is an object."""
    if not isinstance(value, dict):
        raise _bad(f"got {kind_of(value)} at the top")
    return value


def kind_of(value: object) -> str:
    """What JSON calls the type of a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a number"}
    return "null" if value is None else names.get(type(value), "a number")


def _bad(what: str) -> Refusal:
    return Refusal("invalid", f"body: {what}; expected one JSON object in UTF-8. Correct the request.")


def _check_depth(text: str, most: int) -> None:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        first = text[found.start()]
        if first in "[{":
            depth += 1
            if depth > most:
                raise _bad(f"nested deeper than {most}")
        elif first in "]}":
            depth -= 1


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _bad(f"the key {twice[:40]!a} stands twice")
    return table


def _constant(name: str) -> object:
    raise _bad(f"{name} is no JSON")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _bad(f"the number {digits[:20]} is too large")
    return value


def _int(digits: str) -> int:
    if len(digits) > _LONGEST:
        raise _bad(f"the number {digits[:20]}… has {len(digits)} digits")
    return int(digits)


def _check_characters(value: object) -> None:
    """Raises: Refusal for half of a surrogate pair in any string."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise _bad("a string holds half a character") from error
    elif isinstance(value, list):
        for each in value:
            _check_characters(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            _check_characters(key)
            _check_characters(each)
