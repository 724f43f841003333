"""`ask`: what goes to standard output, what to standard error, and with which exit code."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.pdfs import pdf

from sensorium.chat.places import Box, Moment, Point
from sensorium.cli.inputs import served_by
from sensorium.cli.main import main
from sensorium.core.errors import EngineError
from sensorium.engine.forms import Form
from sensorium.engine.sampling import Sampling

Run = Callable[..., Any]
Place = Callable[..., Any]


def test_the_answer_alone_goes_to_standard_output(run: Run, tiny: str, picture: str) -> None:
    done = run("ask", picture, "What is this?", "--model", tiny, "--max-tokens", "4")
    assert done.code == 0
    assert done.out.endswith("\n")
    assert done.err == "cut off after 4 tokens; --max-tokens allows more\n"


def test_the_same_seed_gives_the_same_answer(run: Run, tiny: str) -> None:
    asked = ("ask", "Hello?", "--model", tiny, "--max-tokens", "8", "--temperature", "1.5", "--seed")
    first, again, other = run(*asked, "3"), run(*asked, "3"), run(*asked, "4")
    assert first.out == again.out != other.out


def test_json_is_one_object_with_everything(run: Run, tiny: str, picture: str) -> None:
    done = run("ask", "--json", "--model", tiny, "--max-tokens", "4", picture, "What is this?")
    told = json.loads(done.out)
    assert list(told) == [
        *(
            "answer",
            "confidence",
            "sure",
            "model",
            "usage",
            "timings",
            "notices",
            "places",
            "modality_weights",
            "finish_reason",
        ),
    ]
    assert told["usage"]["completion_tokens"] == 4
    assert told["timings"]["total"] >= told["timings"]["first_token"] > 0
    assert (told["model"], told["finish_reason"], done.err, done.code) == (tiny, "length", "", 0)


def test_json_has_the_places_that_an_answer_names(run: Run, scripted: Place) -> None:
    scripted(places=(Box(0.0, 1.0, 2.0, 3.5, "a cat"), Point(4.0, 5.0), Moment(6.0, 7.0, "a goal")))
    assert json.loads(run("ask", "Where?", "--json").out)["places"] == [
        {"kind": "box", "left": 0.0, "top": 1.0, "right": 2.0, "bottom": 3.5, "label": "a cat"},
        {"kind": "point", "x": 4.0, "y": 5.0, "label": ""},
        {"kind": "moment", "start": 6.0, "end": 7.0, "label": "a goal"},
    ]


def test_a_dash_reads_standard_input(run: Run, scripted: Place, picture: str) -> None:
    model = scripted()
    done = run("ask", "-", picture, "What is this?", stdin=Path(picture).read_bytes())
    assert (done.out, done.err, done.code) == ("a boot\n", "", 0)
    assert [asked[:2] for asked in model.asked] == [("What is this?", 2)]


def test_options_reach_the_model(run: Run, scripted: Place) -> None:
    model = scripted()
    run("ask", "Hm?", "--max-tokens", "9", "--temperature", "0.5", "--seed", "0")
    run("ask", "Hm?")
    given, plain = (asked[2] for asked in model.asked)
    assert given == {"max_tokens": 9, "temperature": 0.5, "seed": 0}
    assert Sampling(**plain) == Sampling()


def test_what_ends_an_answer_and_its_form_reach_the_model(run: Run, scripted: Place, tmp_path: Path) -> None:
    model = scripted()
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "integer"}', encoding="utf-8")
    for form in ("yes | no", "json", str(schema)):
        assert run("ask", "Hm?", "--stop", ".", "--stop", "!", "--form", form).code == 0
    assert [asked[2]["stop"] for asked in model.asked] == [[".", "!"]] * 3
    assert [asked[2]["form"] for asked in model.asked] == [
        Form.choices("yes", "no"),
        Form.schema({"type": "object"}),
        Form.schema({"type": "integer"}),
    ]


@pytest.mark.parametrize("form", ["nowhere.json", "yes", "a||b"])
def test_forms_that_are_none(run: Run, form: str) -> None:
    done = run("ask", "Hm?", "--form", form)
    assert (done.code, done.out) == (2, "")
    assert "form" in done.err or "choices: expected at least one" in done.err


def test_an_answer_has_the_form_that_was_asked_for(run: Run, tiny: str) -> None:
    pytest.importorskip("llguidance")
    asked = ("ask", "Which?", "--model", tiny, "--max-tokens", "24")
    assert run(*asked, "--form", "yes|no").out in ("yes\n", "no\n")
    assert isinstance(json.loads(run(*asked, "--form", "json").out), dict)
    done = run(*asked[:-1], "2", "--form", "maybe not|perhaps so")
    assert (done.out, done.code) == ("", 3)
    assert "before it had the form" in done.err


@pytest.mark.parametrize(("option", "value"), [("--max-tokens", "0"), ("--temperature", "nan"), ("--seed", "-1")])
def test_options_are_looked_at_before_the_model_loads(
    run: Run, monkeypatch: pytest.MonkeyPatch, option: str, value: str
) -> None:
    monkeypatch.setattr("sensorium.runtime.load.load", None)
    for command in (("ask", "Hm?"), ("chat",)):
        done = run(*command, option, value)
        assert (done.code, f"{option[2:].replace('-', '_')} is {value}" in done.err) == (2, True)


def test_what_is_not_known_to_be_sure_is_not_called_unsure(run: Run, scripted: Place) -> None:
    scripted(sure=None)
    assert run("ask", "What?").err == ""
    assert json.loads(run("ask", "What?", "--json").out)["sure"] is None


def test_a_question_may_begin_with_a_dash(run: Run, scripted: Place) -> None:
    model = scripted()
    assert "goes behind two: -- '-5 or 5?'" in run("ask", "-5 or 5?").err
    assert run("ask", "--", "-5 or 5?").code == 0
    assert [asked[0] for asked in model.asked] == ["-5 or 5?"]


def test_the_usage_says_how_often_each_argument_stands(run: Run) -> None:
    assert "sensorium ask [OPTIONS] [FILE]... {QUESTION}\n" in run("ask", "--help").out


@pytest.mark.parametrize(
    ("question", "unsure", "cut"),
    [
        ("What?", "not sure (34 %)", "cut off after 3 tokens; --max-tokens allows more"),
        ("这是什么？", "不太确定（34 %）", "在 3 个词元后截断；可用 --max-tokens 放宽"),
    ],
)
def test_notes_come_in_the_language_of_the_question(
    run: Run, scripted: Place, question: str, unsure: str, cut: str
) -> None:
    scripted(sure=False, confidence=0.337, notices=("boot.png: strange",), finish_reason="length")
    done = run("ask", question)
    assert (done.out, done.err.splitlines()) == ("a boot\n", ["boot.png: strange", unsure, cut])


def test_an_unsure_model_without_a_number(run: Run, scripted: Place) -> None:
    scripted(sure=False)
    assert run("ask", "What?").err == "not sure\n"


def test_words_come_one_by_one_on_a_terminal(run: Run, scripted: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = []
    scripted("a ", "boot")
    monkeypatch.setattr("sensorium.cli.answers.write", lambda text, end="\n": pieces.append(text + end))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("ask", "What?").out == ""
    assert pieces == ["a ", "boot", "\n"]


def test_what_controls_a_terminal_is_made_visible(run: Run, scripted: Place) -> None:
    scripted("\x1b[2Jgone\r", "\u202eevil\tok\n")
    assert run("ask", "What?").out == "\\u001b[2Jgone\\u000d\\u202eevil\tok\n\n"
    scripted("\x9b1m\u202e")
    done = run("ask", "What?", "--json")
    assert "\x9b" not in done.out
    assert json.loads(done.out)["answer"] == "\x9b1m\u202e"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["  "], "The question is empty"),
        (["RED"], "is a file; expected the question there. Write: sensorium ask"),
        (["What is this?", "RED"], "is a file"),
        (["missing.png"], "'missing.png', is a file"),
        (["-"], "'-', is a file"),
        (["-", "-", "What?"], "'-' stands twice"),
        (["--seed", "x", "What?"], "Invalid value for '--seed': got 'x'; expected a valid integer. See"),
        (["--fast", "What?"], "No such option: --fast"),
        ([], "Missing argument"),
        (["What?", "--model", ""], "no model named ''"),
        (["What?", "--model", "clip"], "It is for another command: sensorium embed --model openai/clip"),
        (["What?", "--model", "nanoo"], "no model named 'nanoo'.*Did you mean 'nano'"),
    ],
)
def test_wrong_use_is_told_in_one_line(run: Run, picture: str, arguments: list[str], message: str) -> None:
    done = run("ask", *(picture if each == "RED" else each for each in arguments))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert re.match(f"sensorium: .*{message}", done.err)


def test_an_option_out_of_bounds_is_wrong_use(run: Run, tiny: str) -> None:
    done = run("ask", "What?", "--model", tiny, "--max-tokens", "0")
    assert (done.code, done.out) == (2, "")
    assert "max_tokens is 0; expected at least 1" in done.err


@pytest.mark.parametrize("name", ["missing.dat", "broken.png", "empty.wav"])
def test_an_unreadable_file_is_refused_before_any_model_is_loaded(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("sensorium.runtime.load.load", lambda *_: pytest.fail("loaded a model"))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (tmp_path / "empty.wav").write_bytes(b"")
    done = run("ask", str(tmp_path / name), "What?")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert done.err.startswith(f"sensorium: {name}: ")


def test_a_medium_that_the_model_cannot_take_is_refused(run: Run, tiny: str, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    done = run("ask", str(tmp_path / "note.txt"), "What?", "--model", tiny)
    assert (done.code, done.out) == (3, "")
    assert "not document" in done.err


def test_errors_are_json_where_answers_are(run: Run) -> None:
    done = run("ask", "missing.dat", "What?", "--json")
    told = json.loads(done.err)["error"]
    assert (done.code, done.out) == (3, "")
    assert (told["type"], told["exit_code"]) == ("UnreadableMedia", 3)
    assert told["message"].startswith("missing.dat: no such file")


def test_a_failure_in_the_middle_leaves_standard_output_empty(run: Run, scripted: Place) -> None:
    scripted("half an ans", EngineError("scores are not finite. Check the model."))
    done = run("ask", "What?")
    assert (done.code, done.out, done.err) == (4, "", "sensorium: scores are not finite. Check the model.\n")


def test_on_a_terminal_an_error_begins_a_new_line(run: Run, scripted: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted("half an ans", EngineError("broken. Mend it."))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    done = run("ask", "What?")
    assert (done.code, done.out, done.err) == (4, "half an ans\n", "sensorium: broken. Mend it.\n")


def test_a_stream_without_an_answer_is_a_failure(run: Run, scripted: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted()
    monkeypatch.setattr(type(model), "stream", lambda *_, **__: iter(()))
    done = run("ask", "What?")
    assert (done.code, done.out) == (4, "")
    assert "The model gave no answer" in done.err


def test_an_adapter_is_asked_for_by_its_folder(run: Run, tiny: str, tmp_path: Path) -> None:
    done = run("ask", "Hello?", "--model", tiny, "--adapter", str(tmp_path))
    assert (done.code, done.out) == (4, "")
    assert f"{tmp_path / 'adapter_config.json'}" in done.err


def test_an_engine_elsewhere_is_asked_and_named_where_it_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--engine", "vllm://127.0.0.1:1", "--model", "org/name", "Is anybody there?"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "http://127.0.0.1:1/v1" in err
    assert main(["ask", "--engine", "elsewhere", "Is anybody there?"]) == 2
    assert "expected vllm://host" in capsys.readouterr().err


def test_engine_and_model_make_one_address() -> None:
    assert served_by(None, "nano") == "nano"
    assert served_by("vllm://host:8000/", None) == "vllm://host:8000/"
    assert served_by("vllm://host:8000", "org/name") == "vllm://host:8000/org/name"


def test_a_pdf_is_asked_about_page_by_page(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2")
    data = pdf("Total 42", "")
    (tmp_path / "report.pdf").write_bytes(data)
    asked = ("What is the total?", "--model", "nano", "--max-tokens", "4", "--json")
    done = run("ask", str(tmp_path / "report.pdf"), *asked)
    assert done.code == 0
    told = json.loads(done.out)
    shown = json.loads(run("ask", *asked).out)["usage"]["prompt_tokens"]
    assert told["usage"]["prompt_tokens"] > shown + 100  # two pictures, and the words of a page
    assert run("ask", str(tmp_path / "report.pdf")).code == 2
    (tmp_path / "report.pdf").write_bytes(data[:40])
    broken = run("ask", str(tmp_path / "report.pdf"), *asked)
    assert broken.code == 3
    assert "report.pdf: damaged PDF" in broken.err
