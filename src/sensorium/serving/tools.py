"""Tools that an answer may call, whatever the protocol: how a model is told of them, and how its calls are read.

    forced   the answer is held to JSON: any model that can be held to a form can call a tool that it must call
    auto     for models whose own chat template writes <tool_call>: they were trained to choose for themselves

Earlier calls and their results stand in the talk in the spelling of these templates.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from sensorium.chat.message import Text
from sensorium.engine.forms import Form
from sensorium.serving.drafts import Draft, Given
from sensorium.serving.fields import Fields, refused
from sensorium.serving.reading import kind_of
from sensorium.serving.shelf import Card

MOST_TOOLS = 128
MOST_CALLS = 8
"""Of one answer that is held to JSON."""

OPEN, CLOSE = "<tool_call>", "</tool_call>"
_TEMPLATES = ("chat_template.jinja", "chat_template.json", "processor_config.json", "tokenizer_config.json")
_LARGEST_TEMPLATE = 1 << 24

_AUTO = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function "
    "signatures within <tools></tools> XML tags:\n<tools>\n{tools}\n</tools>\n\nFor each function call, return a json "
    "object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n"
    '{{"name": <function-name>, "arguments": <args-json-object>}}\n</tool_call>'
)
"""As models that know tools were trained on it (Hermes, Qwen)."""

_FORCED = "Answer with JSON: call {which}.\n{tools}"


@dataclass(frozen=True)
class Tool:
    """A function of the client's. schema: a JSON schema of its arguments, which are an object."""

    name: str
    description: str
    schema: Mapping[str, Any]

    @property
    def told(self) -> str:
        """What a model is told of it."""
        about = {"description": self.description} if self.description else {}
        function = {"name": self.name, **about, "parameters": dict(self.schema)}
        return json.dumps({"type": "function", "function": function}, ensure_ascii=False)


@dataclass(frozen=True)
class Call:
    """A call of a tool; `arguments` are JSON, which is not whole where the answer had no more room."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Toolbox:
    """The tools of a request. choice: "named" for the one tool there is, with its arguments alone as the answer."""

    tools: tuple[Tool, ...]
    choice: Literal["auto", "required", "named"] = "auto"
    parallel: bool = True
    field: str = "tools"

    def form(self) -> Form | None:
        """What answers are held to; None where words may be answered too. Raises: UsageError for a large schema."""
        if self.choice == "auto":
            return None
        if self.choice == "named":
            return Form.schema(_of_object(self.tools[0].schema))
        inside = "#/items" if self.parallel else "#"
        calls = [_call_schema(tool, f"{inside}/anyOf/{index}") for index, tool in enumerate(self.tools)]
        one = {"anyOf": calls}
        return Form.schema(
            {"type": "array", "minItems": 1, "maxItems": MOST_CALLS, "items": one} if self.parallel else one
        )

    def shown(self, drafts: Sequence[Draft]) -> tuple[Draft, ...]:
        """The talk with what a model is told of the tools, behind the system's own words."""
        told = "\n".join(tool.told for tool in self.tools)
        which = "this function, with its arguments alone" if self.choice == "named" else "one of these functions"
        words = _AUTO.format(tools=told) if self.choice == "auto" else _FORCED.format(which=which, tools=told)
        if drafts and drafts[0].role == "system":
            return (replace(drafts[0], parts=(*drafts[0].parts, Text(f"\n\n{words}"))), *drafts[1:])
        return (Draft("system", (Text(words),)), *drafts)


def pick(tools: tuple[Tool, ...], name: str, field: str) -> Tool:
    """The tool of a name. Raises: Refusal."""
    found = next((tool for tool in tools if tool.name == name), None)
    if found is None:
        raise refused(field, f"there is no tool {name[:60]!a}", "one of tools")
    return found


def tool_of(fields: Fields, schema: str) -> Tool:
    """A tool with a name, a description and the schema of its arguments under some name. Raises: Refusal."""
    name, about = fields.text("name"), fields.text("description", "")
    if not 0 < len(name) <= 128:
        raise refused(fields.at("name"), f"{len(name)} characters", "1 to 128")
    given = fields.take(schema)
    if not isinstance(given, dict | None):
        raise refused(fields.at(schema), f"got {kind_of(given)}", "a JSON schema, which is an object")
    return Tool(name, about, given or {})


def check_tools(box: Toolbox | None, card: Card) -> None:
    """Raises: Refusal where a model was not trained to choose whether it calls a tool."""
    if box is not None and box.choice == "auto" and not knows_tools(card):
        raise refused(
            box.field,
            f"{card.id} was not trained to choose tools by itself",
            "a choice that says that a tool must be called, or that none may",
            "Force a tool, call none, or ask a model whose chat template knows tools (Qwen's, for example).",
        )


def knows_tools(card: Card) -> bool:
    """Whether the chat template of a model writes calls of tools as they are read here."""
    for path in (card.folder / name for name in _TEMPLATES):
        if path.is_file():
            found = path.stat()
            if found.st_size < _LARGEST_TEMPLATE and _writes_calls(path, found.st_mtime_ns, found.st_size):
                return True
    return False


@lru_cache(maxsize=256)
def _writes_calls(path: Path, changed: int, size: int) -> bool:
    """Whether a file has the mark of calls; read once for as long as its time and size stay."""
    return OPEN.encode() in path.read_bytes()


def call_part(name: str, arguments: str) -> Text:
    """A call that the assistant made, as a part of the talk."""
    return Text(f'{OPEN}\n{{"name": {json.dumps(name, ensure_ascii=False)}, "arguments": {arguments}}}\n{CLOSE}')


def result_parts(parts: Sequence[Text | Given], *, failed: bool = False) -> tuple[Text | Given, ...]:
    """What a tool gave, as parts of the user's message."""
    return (Text(f"<tool_response>\n{'Error: ' if failed else ''}"), *parts, Text("\n</tool_response>\n"))


def check_called(id_: str, called: Collection[str], field: str) -> None:
    """Raises: Refusal for the result of a call that was never made."""
    if id_ not in called:
        raise refused(field, f"there is no call {id_[:60]!a} before it", "the id of one")


def joined(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """The talk with messages of the user that follow each other as one: results come in messages of their own."""
    made: list[Draft] = []
    for each in drafts:
        if made and each.role == made[-1].role == "user":
            made[-1] = replace(made[-1], parts=(*made[-1].parts, *each.parts))
        else:
            made.append(each)
    return tuple(made)


def new_call_id() -> str:
    """An id of a call."""
    return f"call_{uuid4().hex[:24]}"


def _of_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", **schema}


def _call_schema(tool: Tool, at: str) -> dict[str, Any]:
    """A schema of a whole call. Args: at: where it stands in the whole schema, for references within it."""
    arguments = _moved(_of_object(tool.schema), f"{at}/properties/arguments")
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _moved(value: Any, at: str) -> Any:
    """A schema with its references to itself as they are where it stands."""
    if isinstance(value, dict):
        return {
            key: f"{at}{each[1:]}" if key == "$ref" and isinstance(each, str) and each[:1] == "#" else _moved(each, at)
            for key, each in value.items()
        }
    return [_moved(each, at) for each in value] if isinstance(value, list) else value
