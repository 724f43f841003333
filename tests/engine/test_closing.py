"""Ways to the end of a form from wherever an answer may be."""

import json
import random
from typing import Any

import pytest

from sensorium.chat.tokenizer import Tokenizer
from sensorium.engine.closing import Closing, flags_of

llguidance = pytest.importorskip("llguidance")

STOP = 1
SCHEMAS: list[dict[str, Any]] = [
    {"type": "object"},
    {"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["a", "n"]},
    {
        "type": "array",
        "minItems": 3,
        "items": {
            "type": "object",
            "properties": {"x": {"type": "number", "minimum": 100}, "k": {"enum": ["a]b", "zoo}"]}},
            "required": ["x", "k"],
        },
    },
    {"type": "object", "properties": {"d": {"type": "string", "format": "date"}}, "required": ["d"]},
]


@pytest.fixture(scope="module")
def tokens(tiny_tokenizer: Tokenizer) -> Any:
    return llguidance.LLTokenizer(tiny_tokenizer.to_json(), eos_token=[STOP])


@pytest.fixture(scope="module")
def closing(tokens: Any) -> Closing:
    every = range(tokens.vocab_size)
    return Closing([b"" if tokens.is_special_token(id_) else tokens.decode_bytes([id_]) for id_ in every], [STOP])


@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
def test_json_can_be_ended_from_anywhere(tokens: Any, closing: Closing, schema: dict[str, Any]) -> None:
    grammar = llguidance.LLMatcher.grammar_from_json_schema(
        json.dumps(schema), overrides={"whitespace_flexible": False}
    )
    for seed in range(20):
        rng, matcher, said = random.Random(seed), llguidance.LLMatcher(tokens, grammar, log_level=0), []
        for _ in range(2 * seed):
            id_ = rng.choice(flags_of(matcher).nonzero()[0].tolist())
            if id_ == STOP:
                break
            matcher.consume_token(id_)
            said.append(id_)
        way = closing.way(matcher, 200)
        assert way is not None
        assert way[-1] == STOP
        json.loads(tokens.decode_bytes(said + way[:-1]).decode(errors="replace"))


def test_ways_that_are_too_long_or_cannot_be_seen(tokens: Any, closing: Closing) -> None:
    def way(expression: str, most: int) -> list[int] | None:
        matcher = llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_regex(expression), log_level=0)
        return closing.way(matcher, most)

    assert way("a*", 1) == [STOP]
    assert way("[a-d]*!", 2) == [*tokens.tokenize_str("!"), STOP]
    assert way("[ab]{9}", 9) is None
    assert way(".*the end", 40) is None
