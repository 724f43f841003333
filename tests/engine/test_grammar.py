"""Answers in a given form, with a random model that would say anything; forms that are wrong, or too much work."""

import json
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from sensorium.chat.message import Text, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import EngineError, LimitExceeded, UsageError
from sensorium.engine import grammar, trial
from sensorium.engine.engine import Engine
from sensorium.engine.forms import Form
from sensorium.engine.grammar import Grammars
from sensorium.engine.model import Settings
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.runtime.parts import Parts

pytest.importorskip("llguidance")


@pytest.fixture(scope="module")
def grammars(tiny_tokenizer: Tokenizer) -> Grammars:
    return Grammars(tiny_tokenizer.to_json(), vocabulary=300, stops=[1])


def answer(
    parts: Parts, grammars: Grammars, form: Form, seed: int, tokens: int = 60, stop: tuple[str, ...] = ()
) -> tuple[str, str | None]:
    engine = Engine(parts.model, Settings(cache_bytes=1 << 20), grammars=grammars)
    inputs = parts.model.assembler.batch([parts.model.assembler.talk([user("Which?")], ask=True)])
    sampling = Sampling(tokens, temperature=2.0, seed=seed)
    events = list(engine.submit(Request(inputs, sampling, stop=stop, form=form)))
    assert all(event.log_prob <= 0 for event in events)
    return "".join(event.text for event in events), events[-1].finish


@pytest.mark.parametrize("seed", range(4))
def test_regex(tiny_parts: Parts, grammars: Grammars, seed: int) -> None:
    text, finish = answer(tiny_parts, grammars, Form.regex(r"(red|blue) [0-9]{2,4}(是|no)"), seed)
    assert finish == "stop"
    assert re.fullmatch(r"(red|blue) [0-9]{2,4}(是|no)", text)


@pytest.mark.parametrize("seed", range(4))
def test_choices_are_taken_letter_for_letter(tiny_parts: Parts, grammars: Grammars, seed: int) -> None:
    choices = ("a (b)", "an ankle boot", "a.*", "圆|")
    text, finish = answer(tiny_parts, grammars, Form.choices(*choices), seed)
    assert (text in choices, finish) == (True, "stop")


SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 99}, "colour": {"enum": ["red", "blue"]}},
    "required": ["n", "colour"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("seed", range(4))
def test_schema(tiny_parts: Parts, grammars: Grammars, seed: int) -> None:
    text, finish = answer(tiny_parts, grammars, Form.schema(SCHEMA), seed)
    assert finish == "stop"
    found = json.loads(text)
    assert set(found) == {"n", "colour"}
    assert 0 <= found["n"] <= 99
    assert found["colour"] in ("red", "blue")


LOOSE: dict[str, dict[str, Any]] = {
    "any object": {"type": "object"},
    "anything": {},
    "text": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "many": {"type": "array", "items": {"type": "array", "items": {"type": "number"}, "minItems": 2}},
    "tree": {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"v": {"type": "string"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
                "required": ["v", "kids"],
            }
        },
    },
}


@pytest.mark.parametrize("name", LOOSE)
@pytest.mark.parametrize("tokens", [36, 70])
def test_json_that_could_go_on_for_ever_is_whole_in_time(
    tiny_parts: Parts, grammars: Grammars, name: str, tokens: int
) -> None:
    for seed in range(2):
        text, finish = answer(tiny_parts, grammars, Form.schema(LOOSE[name]), seed, tokens)
        json.loads(text)
        assert text == text.strip()
        assert finish == "stop"


def test_an_answer_without_its_form_is_an_error(tiny_parts: Parts, grammars: Grammars) -> None:
    with pytest.raises(LimitExceeded, match=r"over after 3 tokens, before it had the form .* Give it more tokens"):
        answer(tiny_parts, grammars, Form.schema(SCHEMA), seed=0, tokens=3)
    with pytest.raises(LimitExceeded, match="before it had the form"):
        answer(tiny_parts, grammars, Form.regex("[a-f]{3}"), seed=0, stop=("a", "b", "c", "d", "e", "f"))


def test_a_form_that_is_whole_with_the_last_token_is_no_error(tiny_parts: Parts, grammars: Grammars) -> None:
    assert answer(tiny_parts, grammars, Form.regex("7"), seed=0, tokens=1) == ("7", "length")


def test_several_answers_each_follow_the_form(tiny_parts: Parts, grammars: Grammars) -> None:
    engine = Engine(tiny_parts.model, Settings(cache_bytes=1 << 20), grammars=grammars)
    inputs = tiny_parts.model.assembler.batch([tiny_parts.model.assembler.talk([user("Which?")], ask=True)])
    sampling = Sampling(40, temperature=5.0, seed=3)
    texts = [""] * 4
    for event in engine.submit(Request(inputs, sampling, form=Form.regex("[a-d]{1,6}!"), answers=4)):
        texts[event.answer] += event.text
    assert all(re.fullmatch("[a-d]{1,6}!", text) for text in texts)
    assert len(set(texts)) > 1


def test_a_guide_allows_what_may_follow(tiny_tokenizer: Tokenizer, grammars: Grammars) -> None:
    guide = grammars.guide(Form.regex("ab?"))
    (a,) = tiny_tokenizer.encode(Text("a"))
    (b,) = tiny_tokenizer.encode(Text("b"))
    assert guide.allowed(310)[a]
    assert guide.allowed(310).shape == (310,)
    assert not guide.allowed(310)[b]
    guide.push(a, 9)
    assert guide.allowed(310).nonzero()[:, 0].tolist() == sorted([1, b])
    with pytest.raises(EngineError, match="the answer cannot be guided on"):
        guide.push(a, 9)


WRONG: list[tuple[Form, str]] = [
    (Form.regex("(a"), "regex: "),
    (Form.regex("a" * 200 + "(?=b)"), "regex: "),
    (Form.schema({"type": "nothing"}), "schema: "),
    (Form.schema({"$ref": "http://example.com/a.json"}), "schema: "),
    (Form("schema", "[1"), "schema: "),
]


@pytest.mark.parametrize(("form", "message"), WRONG, ids=lambda each: str(each)[:40])
def test_forms_that_are_wrong(grammars: Grammars, form: Form, message: str) -> None:
    with pytest.raises(UsageError, match=message + r".*Give a simpler or a correct one\."):
        grammars.guide(form)


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def test_forms_that_are_too_large() -> None:
    with pytest.raises(UsageError, match="more than 32 levels deep"):
        Form.schema(deep(40))
    with pytest.raises(UsageError, match="more than 32 levels deep"):
        Form.schema(deep(5000))
    with pytest.raises(UsageError, match="regex: 65537 characters; expected at most 65536"):
        Form.regex("a" * 65537)
    with pytest.raises(UsageError, match="choices: expected at least one"):
        Form.choices()
    with pytest.raises(UsageError, match="choices: expected at least one, none of them empty"):
        Form.choices("a", "")
    with pytest.raises(UsageError, match="schema: is no JSON"):
        Form.schema({"enum": [object()]})


@pytest.mark.parametrize(
    "form",
    [
        Form.regex("(a{1,1000}){1,1000}"),
        Form.regex("((a|b)*c(a|b){300})*"),
        Form.regex("(.*a){40}" * 20),
        Form.regex(".*(" + "|".join("ab"[each % 2] * each for each in range(1, 120)) + ").{200}x"),
        Form.schema({"anyOf": [{"type": "array", "minItems": each, "maxItems": 5000} for each in range(300)]}),
        Form.schema({"type": "string", "pattern": "^(a|aa)+$", "minLength": 4000, "maxLength": 5000}),
    ],
    ids=range(6),
)
def test_work_is_bounded(grammars: Grammars, form: Form) -> None:
    """Taken or refused, but soon: and so is each of the next tokens."""
    began = time.process_time()
    try:
        guide = grammars.guide(form)
        for _ in range(5):
            guide.push(int(guide.allowed(300).nonzero()[-1]), 500)
    except (UsageError, EngineError):
        pass
    assert time.process_time() - began < 5.0


def test_a_form_that_outlasts_its_time_or_memory_ends_alone(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    grammars = Grammars(tiny_tokenizer.to_json(), vocabulary=300, stops=[1])
    with monkeypatch.context() as patch:
        patch.setattr(trial, "PATIENCE", 0.01)
        with pytest.raises(UsageError, match=r"regex: was not compiled in 0\.01 seconds"):
            grammars.guide(Form.regex("ab"))
        patch.setattr(trial, "PATIENCE", 60.0)
        patch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(
            UsageError, match=r"regex: takes more than 5 seconds or 1024 MB to compile\. Give a simpler"
        ):
            grammars.guide(Form.regex("a(b"))
        patch.setattr(sys, "executable", "/nowhere")
        with pytest.raises(EngineError, match="no process can be started"):
            grammars.guide(Form.regex("ab"))
    grammars.guide(Form.regex("ab"))
    monkeypatch.setattr(sys, "executable", "/nowhere")
    grammars.guide(Form.regex("ab"))  # is known to compile
    with pytest.raises(UsageError, match="takes more than 5 seconds"):
        grammars.guide(Form.regex("a(b"))  # and this one not to


def test_so_many_forms_are_remembered(tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fault(_: object, form: Form) -> str:
        tried.append(form.text)
        return ""

    monkeypatch.setattr(trial.Trial, "fault", fault)
    monkeypatch.setattr(grammar, "REMEMBERED", 2)
    grammars = Grammars(tiny_tokenizer.to_json(), vocabulary=300, stops=[1])
    for text in "abacab":
        grammars.guide(Form.regex(text))
    assert tried == ["a", "b", "c", "b"]  # the longest unused is forgotten


def test_the_limits_of_the_process_hold() -> None:
    """They are the system's, which ends what goes beyond them."""
    code = "from sensorium.engine.trial import _bound; _bound(); bytes(2 << 30)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MemoryError" in done.stderr


def test_tokenizers_that_cannot_be_guided() -> None:
    with pytest.raises(EngineError, match="answers in a given form are not possible with it"):
        Grammars("{}", vocabulary=10, stops=[1])


def test_scores_of_what_is_not_allowed_do_not_count(tiny_parts: Parts, grammars: Grammars) -> None:
    """The only word there is has all of the chance."""
    engine = Engine(tiny_parts.model, Settings(cache_bytes=1 << 20), grammars=grammars)
    inputs = tiny_parts.model.assembler.batch([tiny_parts.model.assembler.talk([user("Which?")], ask=True)])
    events = list(engine.submit(Request(inputs, form=Form.choices("7"))))
    assert [event.log_prob for event in events] == [0.0, 0.0]
