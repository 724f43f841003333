"""Folders of families that we do not have, run by transformers: its answers, our manners."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from tests.models.qwen2_audio.reference import write as write_qwen2_audio
from tests.runtime.foreign import write_vipllava

from sensorium.chat.message import Answer
from sensorium.cli.main import main
from sensorium.core.errors import (
    CheckpointError,
    EngineError,
    InputError,
    LimitExceeded,
    MissingPackage,
    UnreadableMedia,
    UnsupportedMedia,
    UsageError,
)
from sensorium.media.encode import encode_image
from sensorium.media.types import AudioClip, Document, Image, VideoClip
from sensorium.runtime import fallback
from sensorium.runtime.fallback import FallbackModel, load_fallback
from sensorium.runtime.load import load

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the package warns about its own coming versions


class Tiny(NamedTuple):
    """One folder, read by the reference and by the fallback."""

    folder: Path
    theirs: Any
    processor: Any
    ours: FallbackModel


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("tiny")
    theirs, processor = write_vipllava(folder)
    return Tiny(folder, theirs, processor, load_fallback(folder, name="someone/tiny"))


@pytest.fixture
def folder(tiny: Tiny, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny.folder, tmp_path / "x"))


def image(seed: int = 0) -> Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (50, 70, 3), np.uint8)
    return Image(pixels, "shot.png", ("shot.png: turned upright.",) if seed else ())


def expected(tiny: Tiny, *turns: tuple[str, list[Any]], tokens: int) -> str:
    """What the reference answers to a talk: turns of a role and its parts."""
    talk = [{"role": role, "content": [entry(part) for part in parts]} for role, parts in turns]
    inputs = tiny.processor.apply_chat_template(
        talk, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    with torch.inference_mode():
        made = tiny.theirs.generate(**inputs, max_new_tokens=tokens, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    return str(tiny.processor.tokenizer.decode(made, skip_special_tokens=True))


def entry(part: Image | str) -> dict[str, Any]:
    return {"type": "text", "text": part} if isinstance(part, str) else {"type": "image", "image": part.pixels}


# Answers


def test_answers_are_the_references(tiny: Tiny) -> None:
    answer = tiny.ours.ask("What is this?", image(), image(1), max_tokens=32)
    assert answer.text == expected(tiny, ("user", [image(), image(1), "What is this?"]), tokens=32) != ""
    assert answer.usage.prompt_tokens > 2 * 36
    assert (answer.finish_reason, answer.usage.completion_tokens) == ("length", 32)


def test_pieces_join_to_the_answer(tiny: Tiny) -> None:
    *pieces, last = tiny.ours.stream("What is this?", image(), max_tokens=9)
    assert last.answer is not None
    assert "".join(event.text for event in pieces) == last.answer.text
    assert all(event.text and event.answer is None for event in pieces)
    assert 0 < last.answer.timings.first_token <= last.answer.timings.total


def test_who_answers_is_said_once_in_a_talk_and_in_every_answer(tiny: Tiny) -> None:
    chat = tiny.ours.chat()
    first, second = chat.send("What is this?", image(1), max_tokens=4), chat.send("And?", max_tokens=4)
    assert first.model == second.model == tiny.ours.name == "someone/tiny (transformers)"
    said, of_the_picture = first.notices
    assert said.startswith("someone/tiny: no family of ours reads 'vipllava', so the package transformers 5.")
    assert of_the_picture == "shot.png: turned upright."
    assert (second.notices, second.confidence, second.sure) == ((), None, None)


def test_a_talk_goes_on(tiny: Tiny) -> None:
    chat = tiny.ours.chat()
    first = chat.send("What is this?", image(), max_tokens=6)
    second = chat.send("And?", image(1), max_tokens=6)
    turns = ("user", [image(), "What is this?"]), ("assistant", [first.text]), ("user", [image(1), "And?"])
    assert second.text == expected(tiny, *turns, tokens=6)


def test_a_turn_that_was_abandoned_leaves_no_trace(tiny: Tiny) -> None:
    chat, fresh = tiny.ours.chat(), tiny.ours.chat()
    abandoned = chat.stream("Never mind.", image(), max_tokens=500)
    next(abandoned)
    assert isinstance(abandoned, Iterator)
    abandoned.close()  # type: ignore[attr-defined]  # a generator
    assert chat.send("What?", max_tokens=5).text == fresh.send("What?", max_tokens=5).text


def test_seeds_decide_and_nothing_else_is_drawn_from(tiny: Tiny) -> None:
    before = torch.get_rng_state()

    def ask(seed: int) -> str:
        return tiny.ours.ask("What?", max_tokens=12, temperature=1.0, seed=seed).text

    assert ask(1) == ask(1) != ask(2)
    assert torch.equal(torch.get_rng_state(), before)


def test_all_ways_to_choose_words_count(tiny: Tiny) -> None:
    greedy = tiny.ours.ask("What?", max_tokens=6).text
    assert tiny.ours.ask("What?", max_tokens=6, temperature=5.0, seed=0, top_k=1).text == greedy
    assert tiny.ours.ask("What?", max_tokens=6, temperature=5.0, seed=0).text != greedy
    with pytest.raises(UsageError, match="logit_bias: token 99999999"):
        tiny.ours.ask("What?", max_tokens=6, logit_bias={99999999: 1.0})


def test_an_end_of_the_model_s_own(folder: Path) -> None:
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": list(range(350))}))
    answer = load_fallback(folder, name="x").ask("What?", max_tokens=9)
    assert (answer.finish_reason, answer.usage.completion_tokens) == ("stop", 1)


def test_sounds_are_heard(tmp_path: Path) -> None:
    theirs, processor = write_qwen2_audio(tmp_path)
    samples = np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32)
    answer = load_fallback(tmp_path, name="x").ask("What?", AudioClip(samples, "a.wav"), max_tokens=16)
    said = [{"type": "audio", "audio": samples}, {"type": "text", "text": "What?"}]
    asked = {"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"}
    inputs = processor.apply_chat_template([{"role": "user", "content": said}], **asked)
    made = theirs.generate(**inputs, max_new_tokens=16, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert answer.text == processor.tokenizer.decode(made, skip_special_tokens=True) != ""
    assert answer.usage.prompt_tokens == inputs["input_ids"].shape[1]


def test_the_command_says_who_answers(tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shot.png").write_bytes(encode_image(image()))
    asked = ["ask", str(tmp_path / "shot.png"), "What?", "--model", str(tiny.folder), "--max-tokens", "3"]
    assert main(asked) == 0
    out, err = capsys.readouterr()
    assert "so the package transformers" in err
    assert "transformers" not in out
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["confidence"]) == (f"{tiny.folder} (transformers)", None)
    assert "How sure it is has not been measured" in told["notices"][0]


# What cannot be asked


@pytest.mark.parametrize(
    ("question", "file", "error", "message"),
    [
        ("What?", Document("a", "notes.txt"), UnsupportedMedia, r"notes\.txt: this model takes text, image, not doc"),
        ("What?", AudioClip(np.zeros(9, np.float32), "a.wav"), UnsupportedMedia, r"a\.wav: .*not audio"),
        (
            "What?",
            VideoClip(np.zeros((2, 8, 8, 3), np.uint8), np.arange(2.0), 2.0, source="film.mp4"),
            UnsupportedMedia,
            r"film\.mp4: .*not video\. Choose a model that takes video",
        ),
        ("What?", "no/such/file.png", UnreadableMedia, r"file\.png"),
        ("Is <image> here?", None, InputError, "holds '<image>', which this model takes for a mark of its own"),
        ("Is </s> here?", None, InputError, "holds '</s>'"),
        ("\udcff", None, UnreadableMedia, "half a character"),
        ("1" * 2100, None, LimitExceeded, r"leave no room for an answer among the 2048"),
    ],
)
def test_inputs_that_cannot_be_taken(
    tiny: Tiny, question: str, file: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tiny.ours.ask(question, *([] if file is None else [file]))


def test_media_that_the_template_forgets_are_not_dropped(folder: Path) -> None:
    words = (
        "{% for message in messages %}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endfor %}"
    )
    (folder / "chat_template.jinja").write_text(words)
    model = load_fallback(folder, name="x")
    with pytest.raises(UnsupportedMedia, match=r"shot\.png: the chat template of this model has no place"):
        model.ask("What?", image())
    assert model.ask("What?", max_tokens=2).usage.completion_tokens == 2


def test_wrong_options_are_named_before_anything_is_read(tiny: Tiny) -> None:
    with pytest.raises(UsageError, match="temperature is -1"):
        tiny.ours.ask("What?", "no/such/file.png", temperature=-1.0)
    with pytest.raises(UsageError, match="options: unknown key 'frob'"):
        tiny.ours.ask("What?", frob=2)  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="The question is empty"):
        tiny.ours.ask(" ")


def test_a_broken_model_is_an_error_and_no_answer(folder: Path) -> None:
    model = load_fallback(folder, name="x")
    network = model._model.generator._model
    with torch.no_grad():
        network.lm_head.weight.fill_(torch.nan)
    with pytest.raises(EngineError, match="scores are not finite"):
        model.ask("What?")
    network.lm_head = None
    with pytest.raises(EngineError, match=r"x: transformers fails on it \(TypeError: "):
        model.ask("What?")


# Folders


def test_ours_are_read_by_us_and_others_by_the_package(tiny: Tiny, tiny_folder: Path) -> None:
    answers: list[Answer] = [load(str(each)).ask("What?", max_tokens=2) for each in (tiny.folder, tiny_folder)]
    assert [answer.model for answer in answers] == [f"{tiny.folder} (transformers)", str(tiny_folder)]


def edit(folder: Path, **keys: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


def test_without_the_package_the_command_that_brings_it_is_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPackage, match=r"reads 'vipllava'; .*pip install 'sensorium\[transformers\]'"):
        load(str(folder))


def test_an_old_package_is_not_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback, "require", lambda *_: SimpleNamespace(__version__="4.40.0"))
    with pytest.raises(MissingPackage, match=r"transformers 4\.40\.0 is too old.*'sensorium\[transformers\]'"):
        load(str(folder))


def test_what_nobody_reads(folder: Path) -> None:
    edit(folder, model_type="bert")
    with pytest.raises(CheckpointError, match=r"model_type is 'bert'; expected .*llava.*Nor does transformers 5"):
        load(str(folder))
    edit(folder, model_type=None)
    with pytest.raises(CheckpointError, match=r"model_type is None; expected that of .*\(sensorium models\)\.$"):
        load(str(folder))


def test_pickles_are_refused_with_the_command_that_converts_them(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pickles, which can run code.*save_file"):
        load(str(folder))


def test_adapters_are_refused_since_they_lead_elsewhere(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "/elsewhere"}')
    with pytest.raises(CheckpointError, match=r"adapter_config\.json, which names another model"):
        load(str(folder))


def test_a_model_without_a_template_is_no_chat_model(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(CheckpointError, match="has no chat template"):
        load(str(folder))


def test_damaged_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(CheckpointError, match="transformers fails on it"):
        load(str(folder))


def test_code_in_a_folder_is_not_run(folder: Path, tmp_path: Path) -> None:
    (folder / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass C: pass\n")
    edit(folder, auto_map={"AutoConfig": "code.C", "AutoModelForMultimodalLM": "code.C", "AutoProcessor": "code.C"})
    load(str(folder))
    assert not (tmp_path / "ran").exists()
