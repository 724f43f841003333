"""Single questions with their answers: Alpaca as in LLaMA-Factory, and the older form of ms-swift.

{"instruction": "Name it.", "input": "<image>", "output": "a boot", "images": ["a.png"]}
{"query": "<image>Name it.", "response": "a boot", "history": [["Hello", "Hello!"]], "images": ["a.png"]}
"""

from sensorium.data.records.rows import Values
from sensorium.data.records.talks import Misread, Said, pieces

ANSWERS = ("response", "output", "answer")
_ASKED = ("prompt", "instruction", "question")
_FURTHER = ("query", "input")


def read_instruction(values: Values) -> list[Said]:
    """The messages of a row. Raises: Misread."""
    said: list[Said] = []
    if system := values.get("system"):
        said.append(("system", tuple(pieces(system))))
    history = values.get("history") or []
    if not isinstance(history, list):
        raise Misread(
            f"got {type(history).__name__} for the history, expected pairs", "Write [[question, answer], ...]."
        )
    for pair in history:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Misread(f"got {pair!r} in the history, expected a question and an answer", "Write them as a pair.")
        said += [("user", tuple(pieces(pair[0]))), ("assistant", tuple(pieces(pair[1])))]
    asked = [values[key] for key in (*_ASKED, *_FURTHER) if values.get(key)]
    answer = next((values[key] for key in ANSWERS if key in values), None)
    said.append(("user", tuple(pieces("\n".join(map(str, asked))))))
    said.append(("assistant", tuple(pieces("" if answer is None else answer))))
    return said
