"""Contents and their parts in Gemini's spelling, which is camelCase; snake_case is taken too."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from sensorium.chat.message import Role, Text
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.files import id_in, named
from sensorium.serving.limits import ServerLimits
from sensorium.serving.tools import call_part, joined, result_parts

_ROLES: dict[str, Role] = {"user": "user", "model": "assistant", "function": "user", "tool": "user"}
_PLAIN = str.maketrans("-_", "+/")
MOST_SHOWN = 100
"""Media of the result of one call."""

_DURATION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?s")
_KINDS = ("text", "inlineData", "fileData", "functionCall", "functionResponse")
_THEIRS = ("args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema")
"""Fields whose keys are the client's own words."""


def camel(value: object) -> object:
    """A JSON value with its keys in camelCase. Raises: Refusal for a key that stands in both spellings."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, object] = {}
    for key, each in value.items():
        first, *rest = key.split("_")
        name = first + "".join(word[:1].upper() + word[1:] for word in rest)
        if name in found:
            raise refused(name, "it stands in two spellings", "one")
        found[name] = each if name in _THEIRS else camel(each)
    return found


def drafts(fields: Fields, limits: ServerLimits) -> tuple[Draft, ...]:
    """The talk of a request: its `systemInstruction`, then its contents. Raises: Refusal, naming the field."""
    talk = []
    if "systemInstruction" in fields:
        with fields.table("systemInstruction") as system:
            system.only("role", "system", "user", otherwise="it is the system's")
            talk.append(Draft("system", _parts(system, limits, ("text",))))
    for content in fields.tables("contents", most=limits.messages, needed=True):
        role = _ROLES[content.word("role", ("user", "model", "function", "tool"), "user")]
        kinds = ("text", "functionCall") if role == "assistant" else tuple(k for k in _KINDS if k != "functionCall")
        talk.append(Draft(role, _parts(content, limits, kinds)))
    return joined(talk)


def parts_of(content: Fields, limits: ServerLimits) -> tuple[Text | Given, ...]:
    """The parts of one content of the user. Raises: Refusal, naming the field."""
    content.only("role", "user", otherwise="it is the user's")
    return _parts(content, limits, ("text", "inlineData", "fileData"))


def _parts(content: Fields, limits: ServerLimits, kinds: tuple[str, ...]) -> tuple[Text | Given, ...]:
    found: list[Text | Given] = []
    for part in content.tables("parts", most=limits.messages, needed=True):
        given = [name for name in _KINDS if name in part]
        if len(given) != 1 or given[0] not in kinds:
            other = next(iter(given), next(iter(part), "nothing"))
            got = f"{len(given)} of {', '.join(_KINDS)}" if len(given) > 1 else f"{other[:40]!a}"
            raise refused(part.path, f"got {got}", f"one of {', '.join(kinds)}")
        made = _READERS[given[0]](part)
        if "videoMetadata" in part and given[0] in ("inlineData", "fileData"):
            made = tuple(replace(each, window=_window(part)) for each in made if isinstance(each, Given))
        found += made
        part.only("thought", False, otherwise="thoughts cannot be given back to this model")
        part.inert("thoughtSignature")  # it proves a thought, which there was none
    return tuple(found)


def _window(part: Fields) -> tuple[float, float | None, float | None]:
    """Where a part of a film begins and ends, and how many frames a second are taken. Raises: Refusal."""
    with part.table("videoMetadata") as data:
        start, stop = (_seconds(data, name) for name in ("startOffset", "endOffset"))
        rate = data.number("fps", 0.0, 24.0)
        if rate == 0.0:
            raise refused(data.at("fps"), "got 0", "above 0 to 24")
        if stop is not None and stop <= (start or 0.0):
            raise refused(data.at("endOffset"), f"got {stop:g} s", "a time behind startOffset")
    return start or 0.0, stop, rate


def _seconds(data: Fields, name: str) -> float | None:
    """A length of time such as "1.5s"."""
    given = data.text(name, None)
    if given is None:
        return None
    if not _DURATION.fullmatch(given):
        raise refused(data.at(name), f"got {given[:40]!a}", 'seconds such as "1.5s"')
    return float(given[:-1])


def _text(part: Fields) -> tuple[Text]:
    return (Text(part.text("text")),)


def _inline(part: Fields) -> tuple[Given]:
    with part.table("inlineData") as data:
        data.inert("displayName")
        kind = data.text("mimeType")
        return (inline(data.at("data"), data.text("data").translate(_PLAIN), _plain(kind, data.at("mimeType"))),)


def _file(part: Fields) -> tuple[Given]:
    with part.table("fileData") as data:
        data.inert("displayName", "mimeType")
        field, uri = data.at("fileUri"), data.text("fileUri")
        kept = id_in(uri)
        return (Given(field, uri) if kept is None else named(field, kept),)


def _call(part: Fields) -> tuple[Text]:
    with part.table("functionCall") as call:
        call.inert("id")
        with call.table("args") as given:
            arguments = given.rest()
        return (call_part(call.text("name"), json.dumps(arguments, ensure_ascii=False)),)


def _response(part: Fields) -> tuple[Text | Given, ...]:
    with part.table("functionResponse") as response:
        response.inert("id", "name")  # results stand in the order of their calls
        with response.table("response") as given:
            told = given.rest()
        shown: list[Given] = []
        for each in response.tables("parts", most=MOST_SHOWN):
            shown += _inline(each) if "inlineData" in each else _file(each)
        return result_parts((*shown, Text(json.dumps(told, ensure_ascii=False))))


def _plain(kind: str, field: str) -> str:
    """A media type that can stand in a data URI. Raises: Refusal."""
    if not kind or not all(letter.isascii() and (letter.isalnum() or letter in "/.+-") for letter in kind):
        raise refused(field, f"got {kind[:40]!a}", "a media type such as image/png")
    return kind


_READERS: dict[str, Callable[[Fields], tuple[Text | Given, ...]]] = {
    "text": _text,
    "inlineData": _inline,
    "fileData": _file,
    "functionCall": _call,
    "functionResponse": _response,
}
