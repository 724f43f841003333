"""Bodies to JSON: what is strict about it is in hardening/test_bodies; here that time is in proportion to the text."""

import time
from contextlib import suppress

import pytest

from sensorium.serving.faults import Refusal
from sensorium.serving.limits import ServerLimits
from sensorium.serving.reading import read_json

LIMITS = ServerLimits(depth=3)


def test_values_and_depth() -> None:
    assert read_json(b'{"a": [1, {"b": "]]][[[\\"["}]}', LIMITS) == {"a": [1, {"b": ']]][[["['}]}
    with pytest.raises(Refusal, match="nested deeper than 3"):
        read_json(b'{"a": [{"b": []}]}', LIMITS)
    assert read_json('"\\ud83d\\ude00 é"'.encode(), LIMITS) == "\U0001f600 é"


@pytest.mark.parametrize(
    "body",
    [b'"' + b"a" * 4_000_000 + b'"', b'\\"' * 1_000_000, b'"' * 1_000_001, b'{"' + b"\\\\" * 1_000_000],
    ids=["long", "escaped quotes", "quotes", "backslashes"],
)
def test_no_text_takes_long(body: bytes) -> None:
    began = time.process_time()
    with suppress(Refusal):
        read_json(body, LIMITS)
    assert time.process_time() - began < 2.0
