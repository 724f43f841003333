"""The form that an answer must have, as protocols ask for it: any JSON, or JSON of a schema."""

from sensorium.engine.forms import Form
from sensorium.serving.fields import Fields, refused
from sensorium.serving.reading import kind_of

ANY_OBJECT = Form.schema({"type": "object"})


def schema_form(fields: Fields, name: str) -> Form:
    """JSON of the schema in a field. Raises: Refusal when it is no object; UsageError when it is too large or deep."""
    schema = fields.take(name)
    if not isinstance(schema, dict):
        raise refused(fields.at(name), f"got {kind_of(schema)}", "a JSON schema, which is an object")
    return Form.schema(schema)


def named_form(fields: Fields, name: str) -> Form | None:
    """What OpenAI and Anthropic call a format; chat completions put the schema one level deeper.

    Raises: Refusal, naming the field; UsageError.
    """
    if name not in fields:
        return None
    with fields.table(name) as table:
        kind = table.word("type", ("text", "json_object", "json_schema"))
        if kind == "json_object":
            return ANY_OBJECT
        if kind == "text":
            return None
        if "json_schema" not in table:
            return _labelled(table)
        with table.table("json_schema") as inner:
            return _labelled(inner)


def _labelled(table: Fields) -> Form:
    table.inert("name", "description", "strict")  # answers are always held to the schema strictly
    return schema_form(table, "schema")
