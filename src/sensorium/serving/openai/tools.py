"""Tools in OpenAI's two spellings, and their calls and results in a talk."""

from typing import Any

from sensorium.serving.calls import Begin, More, Spoken, Told
from sensorium.serving.fields import Fields, refused
from sensorium.serving.reading import kind_of
from sensorium.serving.tools import MOST_TOOLS, Tool, Toolbox, pick, tool_of


def toolbox(fields: Fields, *, flat: bool = False) -> Toolbox | None:
    """The tools of a request; None where none may be called.

    Args: flat: as the responses spell them, without a table around the function.

    Raises: Refusal, naming the field.
    """
    inner = _plain if flat else _wrapped
    tools = tuple(inner(tool) for tool in fields.tables("tools", most=MOST_TOOLS))
    choice = fields.take("tool_choice")
    parallel = fields.flag("parallel_tool_calls", True)
    if isinstance(choice, dict):
        with Fields(choice, "tool_choice") as table:
            table.word("type", ("function",))
            name = table.text("name") if flat else _name(table)
        return Toolbox((pick(tools, name, "tool_choice"),), "named", parallel, "tool_choice")
    if choice not in (None, "none", "auto", "required"):
        got = repr(choice[:40]) if isinstance(choice, str) else kind_of(choice)
        raise refused("tool_choice", f"got {got}", "none, auto, required or a function")
    if choice == "required" and not tools:
        raise refused("tool_choice", "a tool must be called, and there is none", "tools")
    if not tools or choice == "none":
        return None
    return Toolbox(tools, "required" if choice == "required" else "auto", parallel, "tools")


def delta(told: Told) -> dict[str, Any]:
    """A piece of an answer, as a stream of chat completions tells it."""
    match told:
        case Begin(place, id_, name):
            function = {"name": name, "arguments": ""}
            return {"tool_calls": [{"index": place, "id": id_, "type": "function", "function": function}]}
        case More(place, text):
            return {"tool_calls": [{"index": place, "function": {"arguments": text}}]}
        case _:
            return {"content": told}


def message_of(spoken: Spoken) -> dict[str, Any]:
    """A whole answer, as chat completions tell it."""
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in spoken.calls
    ]
    words = spoken.words if spoken.words or not calls else None
    return {"role": "assistant", "content": words, "refusal": None, **({"tool_calls": calls} if calls else {})}


def _wrapped(tool: Fields) -> Tool:
    tool.word("type", ("function",))
    with tool.table("function") as function:
        function.inert("strict")  # arguments of calls that are forced are always held to the schema
        return tool_of(function, "parameters")


def _plain(tool: Fields) -> Tool:
    tool.word("type", ("function",))
    tool.inert("strict")
    return tool_of(tool, "parameters")


def _name(table: Fields) -> str:
    with table.table("function") as function:
        return function.text("name")
