"""Schemas in Gemini's spelling, which is OpenAPI's: types in capitals, and `nullable`."""

from typing import Any

from sensorium.serving.fields import refused

_TAKEN = {
    "title", "description", "enum", "required", "default", "pattern", "minimum", "maximum", "minItems", "maxItems",
    "minLength", "maxLength", "minProperties", "maxProperties",
}  # fmt: skip
_LABELS = {"format", "example", "propertyOrdering"}
"""They change no answer: numbers have but one kind here, and properties come in the order in which they stand."""

_TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}


def json_schema(schema: object, path: str) -> dict[str, Any]:
    """The JSON schema that says the same; JSON schemas are taken, too. Raises: Refusal for a key of neither."""
    if not isinstance(schema, dict):
        raise refused(path, "it is no schema", "an object")
    made: dict[str, Any] = {}
    for key, value in schema.items():
        first, *rest = key.split("_")
        name = first + "".join(word.capitalize() for word in rest)
        at = f"{path}.{name}"
        if name in _TAKEN:
            made[name] = value
        elif name == "type":
            made["type"] = _type(value, at)
        elif name == "properties" and isinstance(value, dict):
            made["properties"] = {each: json_schema(inner, f"{at}.{each}") for each, inner in value.items()}
        elif name == "items":
            made["items"] = json_schema(value, at)
        elif name == "anyOf" and isinstance(value, list):
            made["anyOf"] = [json_schema(each, f"{at}[{index}]") for index, each in enumerate(value)]
        elif name == "additionalProperties":
            made[name] = value if isinstance(value, bool) else json_schema(value, at)
        elif name not in _LABELS | {"nullable"}:
            raise refused(at, "this key is unknown or cannot be honoured", "it left out")
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def _type(value: object, path: str) -> object:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and each.upper() in _TYPES for each in listed):
        raise refused(path, "it is no type", "STRING, NUMBER, INTEGER, BOOLEAN, ARRAY, OBJECT or NULL")
    lower = [str(each).lower() for each in listed]
    return lower if isinstance(value, list) else lower[0]
