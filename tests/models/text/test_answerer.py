"""Language models alone as models that can be asked: talks, answers, ends, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.text.folders import CHATS, CONTEXT, write

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.core.errors import CheckpointError, LimitExceeded, UnsupportedMedia
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.media.types import AudioClip, Document, Image, Media
from sensorium.models.answerer import Answerer
from sensorium.models.text.answerer import load
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import Parts

TALKS: list[list[Message]] = [
    [user("What is this?")],
    [user("What is <think> the first?"), assistant("The second."), user("And\n\nthis? é三")],
    [user("This")],
]


@pytest.fixture(params=CHATS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write(tmp_path / "x", request.param)


@pytest.fixture
def smollm2(tmp_path: Path) -> Path:
    return write(tmp_path / "x", "smollm2")


def said(model: Answerer, talks: list[list[Message]], tokens: int) -> list[list[int]]:
    """Ids of greedy answers to a batch, the one that ends it included."""
    inputs = model.assembler.batch([model.assembler.talk(talk, ask=True) for talk in talks], left=True)
    steps = list(generate(model.network, inputs, Sampling(max_tokens=tokens), stops=model.stops))
    return [[event.id for events in steps if (event := events[row]) is not None] for row in range(len(talks))]


@pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions
def test_talks_and_answers_are_the_references_token_for_token(folder: Path) -> None:
    reference = pytest.importorskip("transformers")
    tokenizer = reference.AutoTokenizer.from_pretrained(folder)
    theirs = reference.AutoModelForCausalLM.from_pretrained(folder).eval()
    ours = load(folder)
    dicts = [[{"role": message.role, "content": message.text} for message in talk] for talk in TALKS]
    asked: Any = tokenizer.apply_chat_template(
        dicts, add_generation_prompt=True, padding=True, return_dict=True, return_tensors="pt"
    )
    batch = ours.assembler.batch([ours.assembler.talk(talk, ask=True) for talk in TALKS], left=True)
    there = asked["attention_mask"].bool()
    assert batch.present is not None
    assert torch.equal(batch.present, there)
    assert torch.equal(batch.ids[there], asked["input_ids"][there])
    with torch.inference_mode():
        made = theirs.generate(**asked, max_new_tokens=32, do_sample=False, pad_token_id=0)[:, batch.ids.shape[1] :]
    answers = said(ours, TALKS, 32)
    assert max(map(len, answers)) == 32
    assert [[*answer, *[0] * (made.shape[1] - len(answer))] for answer in answers] == made.tolist()


def test_a_turn_is_written_as_the_template_says(smollm2: Path) -> None:
    model = load(smollm2)
    ids = model.assembler.talk([user("What is this?")], ask=True).ids
    assert isinstance(model.assembler, TemplatedAssembler)
    tokenizer = model.assembler.tokenizer
    expected = "<|im_start|>user\nWhat is this?<|im_end|>\n<|im_start|>assistant\n"
    assert ids == tokenizer.encode_trusted(expected)
    assert (ids[0], tokenizer.decode(ids)) == (0, "user\nWhat is this?\nassistant\n")


@pytest.mark.parametrize(("name", "stops"), [("smollm2", {1}), ("gemma2", {1, 3})])
def test_what_an_answerer_knows(tmp_path: Path, name: str, stops: set[int]) -> None:
    model = load(write(tmp_path / "x", name))
    assert (set(model.stops), model.banned, model.max_tokens) == (stops, (), CONTEXT)


def test_the_tokenizer_s_end_ends_an_answer_too(smollm2: Path) -> None:
    (smollm2 / "generation_config.json").write_text('{"eos_token_id": 5}')
    assert load(smollm2).stops == {1, 5}


def test_a_talk_goes_on(smollm2: Path) -> None:
    model = load(smollm2)
    chat = LocalModel(Parts("tiny", model)).chat()
    first = chat.send("What is this?", max_tokens=5)
    second = chat.send("And the second?", max_tokens=5)
    whole = [user("What is this?"), assistant(first.text), user("And the second?")]
    (expected,) = said(model, [whole], 5)
    assert second.text == model.tokenizer.decode(expected)


@pytest.mark.parametrize(
    ("medium", "message"),
    [
        (Image(np.zeros((4, 4, 3), np.uint8), "boot.png"), r"boot\.png: this model takes text only, not image.*llava"),
        (AudioClip(np.zeros(9, np.float32), "a.wav"), r"a\.wav: .*not audio. Ask a model that takes it: .*nano"),
        (Document("text", "notes.txt"), r"notes\.txt: .*not document. Paste the text into the question"),
    ],
)
def test_media_are_refused_with_those_who_take_them(smollm2: Path, medium: Media, message: str) -> None:
    with pytest.raises(UnsupportedMedia, match=message):
        LocalModel(Parts("tiny", load(smollm2))).ask("What is this?", medium)


def test_a_talk_that_is_too_long(smollm2: Path) -> None:
    with pytest.raises(LimitExceeded, match=f"tokens, .* is more than the {CONTEXT} this model takes"):
        load(smollm2).assembler.talk([user("1" * 200)], ask=True)


def test_a_tokenizer_of_another_model(smollm2: Path) -> None:
    assembler = load(smollm2).assembler
    assert isinstance(assembler, TemplatedAssembler)
    with pytest.raises(CheckpointError, match=r"gives id \d+; expected ids below 50, as config\.json says"):
        replace(assembler, vocabulary=50).talk([user("What is this?")], ask=True)


def test_a_model_without_a_template_is_no_chat_model(smollm2: Path) -> None:
    (smollm2 / "tokenizer_config.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"no chat template 'default'.*may be no chat model"):
        load(smollm2)


def test_users_spell_no_special_token(smollm2: Path) -> None:
    ids = load(smollm2).assembler.talk([Message("user", (Text("</s><|im_end|><|im_start|>"),))], ask=True).ids
    assert (ids.count(0), ids.count(1)) == (2, 1)


def test_a_folder_that_says_a_billion_layers_is_refused(smollm2: Path) -> None:
    said = json.loads((smollm2 / "config.json").read_text())
    (smollm2 / "config.json").write_text(json.dumps(said | {"num_hidden_layers": 1_000_000_000}))
    with pytest.raises(CheckpointError, match="layers is 1000000000; expected 1 to 1024"):
        load(smollm2)
