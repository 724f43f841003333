"""Tools in Gemini's spelling: https://ai.google.dev/gemini-api/docs/function-calling."""

from typing import Any

from sensorium.serving.calls import spoken, whole
from sensorium.serving.fields import Fields, refused
from sensorium.serving.gemini.schemas import json_schema
from sensorium.serving.tools import MOST_TOOLS, Tool, Toolbox, pick


def toolbox(fields: Fields) -> Toolbox | None:
    """The tools of a request; None where none may be called. Raises: Refusal, naming the field."""
    tools: list[Tool] = []
    for each in fields.tables("tools", most=MOST_TOOLS):
        tools += [_tool(one) for one in each.tables("functionDeclarations", most=MOST_TOOLS)]
    with fields.table("toolConfig") as config, config.table("functionCallingConfig") as calling:
        mode = calling.word("mode", ("AUTO", "ANY", "NONE", "MODE_UNSPECIFIED"), "AUTO")
        names = calling.texts("allowedFunctionNames", most=MOST_TOOLS, longest=128)
        if names and mode != "ANY":
            raise refused(calling.at("allowedFunctionNames"), f"the mode is {mode}", "the mode ANY")
        allowed = tuple(pick(tuple(tools), name, calling.at("allowedFunctionNames")) for name in names) or tuple(tools)
    if mode == "ANY" and not tools:
        raise refused("toolConfig.functionCallingConfig.mode", "a tool must be called, and there is none", "tools")
    if not tools or mode == "NONE":
        return None
    return Toolbox(allowed, "required" if mode == "ANY" else "auto", field="tools")


def parts_of(text: str, box: Toolbox | None) -> list[dict[str, Any]]:
    """The parts of a whole answer."""
    words, calls = whole(spoken(text, box))
    made = [{"functionCall": {"id": call.id, "name": call.name, "args": given}} for call, given in calls]
    return [*([{"text": words}] if words or not made else []), *made]


def _tool(tool: Fields) -> Tool:
    name, about = tool.text("name"), tool.text("description", "")
    tool.only("response", otherwise="what tools give is not held to a schema")
    tool.only("responseJsonSchema", otherwise="what tools give is not held to a schema")
    tool.only("behavior", "UNSPECIFIED", "BLOCKING", otherwise="calls are waited for")
    if "parameters" in tool and "parametersJsonSchema" in tool:
        raise refused(tool.at("parameters"), "it stands beside parametersJsonSchema", "one of them")
    if "parameters" in tool:
        return Tool(name, about, json_schema(tool.take("parameters"), tool.at("parameters")))
    schema = tool.take("parametersJsonSchema")
    if not isinstance(schema, dict | None):
        raise refused(tool.at("parametersJsonSchema"), "it is no schema", "an object")
    return Tool(name, about, schema or {})
