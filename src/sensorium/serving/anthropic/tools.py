"""Tools in Anthropic's spelling: https://docs.anthropic.com/en/docs/build-with-claude/tool-use."""

from sensorium.serving.fields import Fields, refused
from sensorium.serving.tools import MOST_TOOLS, Tool, Toolbox, pick, tool_of


def toolbox(fields: Fields) -> Toolbox | None:
    """The tools of a request; None where none may be called. Raises: Refusal, naming the field."""
    tools = tuple(_tool(each) for each in fields.tables("tools", most=MOST_TOOLS))
    with fields.table("tool_choice") as choice:
        kind = choice.word("type", ("auto", "any", "tool", "none"), "auto")
        parallel = not choice.flag("disable_parallel_tool_use")
        if kind == "tool":
            return Toolbox((pick(tools, choice.text("name"), "tool_choice.name"),), "named", parallel, "tool_choice")
    if kind == "any" and not tools:
        raise refused("tool_choice", "a tool must be called, and there is none", "tools")
    if not tools or kind == "none":
        return None
    return Toolbox(tools, "required" if kind == "any" else "auto", parallel, "tools")


def _tool(tool: Fields) -> Tool:
    tool.word("type", ("custom",), "custom")
    tool.inert("cache_control", "strict")
    return tool_of(tool, "input_schema")
