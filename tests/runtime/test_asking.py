"""Options beside those of sampling: what ends an answer, and its form."""

import json
from typing import Any

import pytest

from sensorium.core.errors import ConfigError, LimitExceeded, UsageError
from sensorium.engine.forms import Form
from sensorium.engine.sampling import Sampling
from sensorium.runtime.asking import Asked, read_options
from sensorium.runtime.hosted.payload import to_body
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import Parts


def test_options_are_looked_at() -> None:
    form = Form.choices("a")
    assert read_options({"seed": 3, "stop": "x", "form": form}) == Asked(Sampling(seed=3), ("x",), form)
    assert read_options({"stop": ["x", "y"]}).stops == ("x", "y")
    assert read_options({}) == Asked(Sampling())


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"stop": [1]}, UsageError, "stop is .*; expected a text"),
    ({"stop": ""}, UsageError, "stop: got a string of 0 characters"),
    ({"form": {"type": "object"}}, UsageError, "form is a dict; expected a Form"),
    ({"stops": "x"}, ConfigError, "stops"),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG, ids=str)
def test_options_that_cannot_be(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        read_options(options)


def test_an_answer_ends_before_its_stop(tiny_parts: Parts) -> None:
    model = LocalModel(tiny_parts)
    whole = model.ask("What?", max_tokens=20, temperature=1.0, seed=1)
    stop = whole.text[3:5]
    cut = model.ask("What?", max_tokens=20, temperature=1.0, seed=1, stop=stop)
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.finish_reason == "stop"
    assert cut.usage.completion_tokens < whole.usage.completion_tokens


def test_a_talk_holds_each_answer_to_its_form(tiny_parts: Parts) -> None:
    pytest.importorskip("llguidance")
    chat = LocalModel(tiny_parts).chat()
    assert chat.send("Which?", form=Form.choices("red", "blue")).text in ("red", "blue")
    told = chat.send("More?", form=Form.schema({"type": "object"}), max_tokens=16, temperature=1.0, seed=0)
    assert isinstance(json.loads(told.text), dict)
    with pytest.raises(LimitExceeded, match="before it had the form"):
        chat.send("Which?", form=Form.choices("a very long one"), max_tokens=2)
    assert chat.send("Which?", form=Form.choices("7")).text == "7"  # the talk is as it was


def test_servers_are_asked_for_the_same() -> None:
    schema = {"type": "object"}
    body = to_body("m", [], Asked(Sampling(), ("x",), Form.schema(schema)))
    assert body["stop"] == ["x"]
    assert body["response_format"]["json_schema"]["schema"] == schema
    assert not {"stop", "response_format"} & set(to_body("m", [], Asked(Sampling())))
    with pytest.raises(UsageError, match="form: got regex; expected JSON of a schema"):
        to_body("m", [], Asked(Sampling(), (), Form.regex("a")))
