"""Items of responses: a talk in, messages and calls out."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sensorium.chat.message import Role, Text
from sensorium.serving.calls import Begin, Spoken
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.files import named
from sensorium.serving.limits import ServerLimits
from sensorium.serving.openai.parts import NO_DETAIL, arguments, file
from sensorium.serving.tools import Call, call_part, check_called, joined, result_parts

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


@dataclass
class Calls:
    """Ids of calls that stand in an input, and of those whose results do though their call does not, by field."""

    made: set[str] = field(default_factory=set)
    earlier: dict[str, str] = field(default_factory=dict)

    def check(self, known: Collection[str] = ()) -> None:
        """Raises: Refusal for the result of a call that is not known either."""
        for place, id_ in self.earlier.items():
            check_called(id_, known, place)


def drafts(given: object, limits: ServerLimits, calls: Calls) -> tuple[Draft, ...]:
    """The talk of an `input`: a text, or items. Args: calls: told those of it. Raises: Refusal."""
    if isinstance(given, str):
        return (Draft("user", (Text(given),)),)
    with Fields({"input": given}) as inner:
        made = [_draft(each, limits, calls) for each in inner.tables("input", most=limits.messages, needed=True)]
    return joined(_calls_together(made))


def told(given: object) -> list[dict[str, Any]]:
    """The items of an `input` as they are listed, each with an id. It was read before."""
    listed = [{"role": "user", "content": given}] if isinstance(given, str) else given
    items = []
    for each in listed if isinstance(listed, list) else []:
        item = {"type": "message", **each} if isinstance(each, dict) else {}
        content = item.get("content")
        if isinstance(content, str):
            kind = "output_text" if item.get("role") == "assistant" else "input_text"
            item["content"] = [{"type": kind, "text": content}]
        items.append({"id": f"{item.get('type', 'item')}_{uuid4().hex}", "status": "completed", **item})
    return items


def text(words: str) -> dict[str, Any]:
    """A part of text."""
    return {"type": "output_text", "text": words, "annotations": [], "logprobs": []}


def message(id_: str, status: str, *content: dict[str, Any]) -> dict[str, Any]:
    """An item that says something."""
    return {"type": "message", "id": id_, "role": "assistant", "status": status, "content": list(content)}


def call(made: Call | Begin, status: str) -> dict[str, Any]:
    """An item that calls a tool; its own id is made of that of the call."""
    given = made.arguments if isinstance(made, Call) else ""
    id_ = f"fc_{made.id.removeprefix('call_')}"
    return {
        "type": "function_call",
        "id": id_,
        "call_id": made.id,
        "name": made.name,
        "arguments": given,
        "status": status,
    }


def output(spoken: Spoken, message_id: str, status: str) -> list[dict[str, Any]]:
    """The items of a whole answer."""
    words = [message(message_id, status, text(spoken.words))] if spoken.words or not spoken.calls else []
    return [*words, *(call(each, status) for each in spoken.calls)]


def _draft(item: Fields, limits: ServerLimits, calls: Calls) -> Draft:
    kind = item.word("type", ("message", "function_call", "function_call_output"), "message")
    item.inert("id", "status", "sensorium")
    if kind == "function_call":
        part = call_part(item.text("name"), arguments(item, "arguments"))
        calls.made.add(item.text("call_id"))
        return Draft("assistant", (part,))
    if kind == "function_call_output":
        id_ = item.text("call_id")
        if id_ not in calls.made:
            calls.earlier[item.at("call_id")] = id_
        return Draft("user", result_parts(content(item, "output", "user", limits)))
    role = item.word("role", ("system", "developer", "user", "assistant"))
    item.inert("phase")
    return Draft(_ROLES[role], content(item, "content", role, limits))


def content(item: Fields, name: str, role: str, limits: ServerLimits) -> tuple[Text | Given, ...]:
    """A text, or a list of parts, in a field of an item. Raises: Refusal."""
    given = item.take(name)
    if isinstance(given, str):
        return (Text(given),)
    with Fields({name: given}, item.path) as holder:
        return tuple(_part(each, role) for each in holder.tables(name, most=limits.messages, needed=True))


def _part(part: Fields, role: str) -> Text | Given:
    kinds = ("input_text", "output_text", "input_image", "input_file", "input_audio")
    kind = part.word("type", kinds)
    part.inert("prompt_cache_breakpoint")
    if kind in ("input_text", "output_text"):
        part.only("annotations", otherwise="it cannot be given back to this model")
        part.only("logprobs", otherwise="it cannot be given back to this model")
        return Text(part.text("text"))
    if role != "user":
        raise refused(part.path, f"a {kind} of the {role}", "media from the user alone")
    if kind == "input_image":
        part.only("detail", "auto", "high", "original", otherwise=NO_DETAIL)
        if "file_id" in part:
            return named(part.at("file_id"), part.text("file_id"), "image")
        return Given(part.at("image_url"), part.text("image_url"), "image")
    if kind == "input_audio":
        with part.table("input_audio") as inner:
            form = inner.word("format", ("wav", "mp3", "flac", "ogg", "m4a", "webm"))
            return inline(inner.path, inner.text("data"), f"audio/{form}", "audio")
    part.only("detail", "auto", "high", otherwise=NO_DETAIL)
    if "file_url" in part:
        part.inert("filename")
        return Given(part.at("file_url"), part.text("file_url"))
    return file(part)


def _calls_together(made: list[Draft]) -> list[Draft]:
    """What the assistant said and called at once, as one message."""
    found: list[Draft] = []
    for each in made:
        if found and each.role == found[-1].role == "assistant":
            found[-1] = Draft("assistant", (*found[-1].parts, *each.parts))
        else:
            found.append(each)
    return found
