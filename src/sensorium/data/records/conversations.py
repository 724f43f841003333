r"""Talks as LLaVA, ShareGPT, LLaMA-Factory, ms-swift, OpenAI and the Hub's `messages` write them.

    {"image": "a.png", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A."}]}
    {"images": ["a.png"], "messages": [{"role": "user", "content": "<image>What?"}, ...]}
    {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}, ...]}, ...]}

A message is a table with a role and a content, whatever these are called; a content is a text with placeholders, or a
list of parts.
"""

from collections.abc import Iterator, Mapping

from sensorium.data.records.columns import Columns
from sensorium.data.records.rows import Values
from sensorium.data.records.talks import MODALITIES, Misread, Piece, Said, Slot, pieces, reference, role

COLUMNS = ("messages", "conversations")
_ROLE, _CONTENT = ("role", "from"), ("content", "value")


def read_conversation(values: Values, columns: Columns) -> list[Said]:
    """The messages of a row. Raises: Misread."""
    messages = values.get("messages", values.get("conversations"))
    if not isinstance(messages, list):
        raise Misread(
            f"got {type(messages).__name__} for the messages, expected a list", "Write one message after the other."
        )
    if not messages and isinstance(failed := values.get("failed"), str):  # records/answered.py
        raise Misread(f"was not answered: {failed.rstrip('.')}", "Leave it out, or have it answered again.")
    said: list[Said] = []
    if system := values.get("system"):
        said.append(("system", tuple(pieces(system))))
    for message in messages:
        if not isinstance(message, Mapping):
            raise Misread(
                f"got {type(message).__name__} for a message, expected a table", "Give it a role and a content."
            )
        speaker = _get(message, (columns.get("role", ""), *_ROLE))
        said.append((role(speaker), tuple(_content(_get(message, (columns.get("content", ""), *_CONTENT))))))
    return said


def _get(message: Mapping[str, object], keys: tuple[str, ...]) -> object:
    for key in keys:
        if key in message:
            return message[key]
    raise Misread(
        f"a message with the keys {', '.join(message)}; expected one of {', '.join(filter(None, keys))}",
        "Name its column.",
    )


def _content(content: object) -> Iterator[Piece]:
    if not isinstance(content, list):
        yield from pieces("" if content is None else content)
        return
    for part in content:
        if isinstance(part, str):
            yield from pieces(part)
        elif isinstance(part, Mapping):
            yield from _part(part)
        else:
            raise Misread(f"got {type(part).__name__} for a part of a message, expected a table", "Give it a type.")


def _part(part: Mapping[str, object]) -> Iterator[Piece]:
    """A part by its type; parquet files fill the keys of other types with nothing."""
    kind = str(part.get("type", ""))
    if kind in ("text", "input_text", "output_text"):
        yield from pieces(part.get("text"))
        return
    for modality in MODALITIES:
        if kind in (modality, f"{modality}_url", f"input_{modality}"):
            values = (part.get(key) for key in (kind, modality, f"{modality}_url", "url", "path", "data", "base64"))
            given = next((value for value in values if value), None)
            yield Slot(modality) if given is None else reference(_inner(given, modality), modality)
            return
    raise Misread(f"a part of type {kind!r}; expected text, image, video or audio", "Leave it out.")


def _inner(given: object, modality: str) -> object:
    """A path out of OpenAI's tables: {"url": ...}, and {"data": base64, "format": "wav"}."""
    match given:
        case {"url": str(url)}:
            return url
        case {"data": str(data), "format": str(form)}:
            return f"data:{modality}/{form};base64,{data}"
    return given
