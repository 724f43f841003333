"""Contents and their parts in Gemini's spelling, which is camelCase; snake_case is taken too."""

from collections.abc import Callable

from sensorium.chat.message import Role, Text
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.limits import ServerLimits

_ROLES: dict[str, Role] = {"user": "user", "model": "assistant"}
_PLAIN = str.maketrans("-_", "+/")
_KINDS = ("text", "inlineData", "fileData")


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
        found[name] = camel(each)
    return found


def drafts(fields: Fields, limits: ServerLimits) -> tuple[Draft, ...]:
    """The talk of a request: its `systemInstruction`, then its contents. Raises: Refusal, naming the field."""
    talk = []
    if "systemInstruction" in fields:
        with fields.table("systemInstruction") as system:
            system.only("role", "system", "user", otherwise="it is the system's")
            talk.append(Draft("system", _parts(system, limits, only_text=True)))
    for content in fields.tables("contents", most=limits.messages, needed=True):
        role = _ROLES[content.word("role", ("user", "model"), "user")]
        talk.append(Draft(role, _parts(content, limits, only_text=role == "assistant")))
    return tuple(talk)


def parts_of(content: Fields, limits: ServerLimits) -> tuple[Text | Given, ...]:
    """The parts of one content of the user. Raises: Refusal, naming the field."""
    content.only("role", "user", otherwise="it is the user's")
    return _parts(content, limits, only_text=False)


def _parts(content: Fields, limits: ServerLimits, *, only_text: bool) -> tuple[Text | Given, ...]:
    found = []
    for part in content.tables("parts", most=limits.messages, needed=True):
        given = [name for name in _KINDS if name in part]
        if len(given) != 1:
            other = next(iter(part), "nothing")
            got = f"{len(given)} of text, inlineData and fileData" if given else f"{other[:40]!a}"
            raise refused(part.path, got, "one of text, inlineData and fileData")
        made = _READERS[given[0]](part)
        if only_text and not isinstance(made, Text):
            raise refused(part.path, "a medium", "text here, and media in the user's contents")
        part.only("thought", False, otherwise="thoughts cannot be given back to this model")
        found.append(made)
    return tuple(found)


def _text(part: Fields) -> Text:
    return Text(part.text("text"))


def _inline(part: Fields) -> Given:
    with part.table("inlineData") as data:
        data.inert("displayName")
        kind = data.text("mimeType")
        return inline(data.at("data"), data.text("data").translate(_PLAIN), _plain(kind, data.at("mimeType")))


def _file(part: Fields) -> Given:
    with part.table("fileData") as data:
        data.inert("displayName", "mimeType")
        return Given(data.at("fileUri"), data.text("fileUri"))


def _plain(kind: str, field: str) -> str:
    """A media type that can stand in a data URI. Raises: Refusal."""
    if not kind or not all(letter.isascii() and (letter.isalnum() or letter in "/.+-") for letter in kind):
        raise refused(field, f"got {kind[:40]!a}", "a media type such as image/png")
    return kind


_READERS: dict[str, Callable[[Fields], Text | Given]] = {"text": _text, "inlineData": _inline, "fileData": _file}
