"""Samples become talks in step order, whoever prepares them; the tokenizer is learnt from all domains."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sensorium.chat.message import Text
from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import ConfigError, LimitExceeded, UnreadableMedia, UsageError
from sensorium.data.mixture import Share
from sensorium.inputs.assemble import Assembler
from sensorium.media.encode import encode_image
from sensorium.media.types import Image
from sensorium.models.nano.config import NanoConfig
from sensorium.training.answers import NamingTutor
from sensorium.training.preparation import MicroBatch, Steps, build_mixture, held_out_lessons, stream, train_tokenizer
from sensorium.training.recipe import Recipe

MakeRecipe = Callable[..., Recipe]


@pytest.fixture
def steps(recipe: MakeRecipe, tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Steps:
    return Steps(build_mixture(recipe()), NamingTutor(Assembler(tiny_tokenizer, tiny_config.inputs)), 6)


def told(batches: list[MicroBatch]) -> list[tuple[str, list[list[int]]]]:
    return [(name, [lesson.talk.ids for lesson in lessons]) for name, lessons in batches]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stream_begins_anywhere_and_keeps_order(steps: Steps, workers: int) -> None:
    expected = [told(steps[step]) for step in range(2, 6)]
    assert [told(batches) for batches in stream(steps, start=2, workers=workers)] == expected


def test_every_micro_batch_has_its_domains_size(steps: Steps) -> None:
    assert {name: len(lessons) for name, lessons in steps[0]} == {"one": 3, "two": 2}


def test_the_first_of_a_micro_batch_are_answered_and_all_are_named(steps: Steps) -> None:
    lessons = dict(steps[0])
    assert [lesson.answered for lesson in lessons["one"]] == [True, True, False]
    assert [lesson.answered for lesson in lessons["two"]] == [True, True]
    assert all(len(lesson.names) == 2 for each in lessons.values() for lesson in each)  # the picture and its region


def test_a_run_that_is_done_has_no_more_steps(steps: Steps) -> None:
    assert list(stream(steps, start=6, workers=0)) == []


def test_the_tokenizer_knows_the_words_and_no_special_text(recipe: MakeRecipe) -> None:
    tokenizer = train_tokenizer(recipe(), build_mixture(recipe()), 300)
    assert all(tokenizer.special(token) >= 0 for token in SPECIAL_TOKENS)
    assert len(tokenizer.encode(Text("Which colour"))) < 6
    assert train_tokenizer(recipe(), build_mixture(recipe()), 300).to_json() == tokenizer.to_json()


def test_a_vocabulary_too_small_for_bytes(recipe: MakeRecipe) -> None:
    with pytest.raises(ConfigError, match="vocabulary is 200; bytes and special tokens alone are 265"):
        train_tokenizer(recipe(), build_mixture(recipe()), 200)


def test_validation_samples_are_spread_over_all(steps: Steps, tiny_tokenizer: Tokenizer) -> None:
    domain = steps.mixture.domains["one"]
    texts = [tiny_tokenizer.decode(lesson.talk.ids) for lesson in held_out_lessons(domain, steps.tutor, 4)]
    assert [text.split("?")[1] for text in texts] == ["red", "red", "green", "blue"]  # samples 0, 3, 7, 11
    assert len(held_out_lessons(domain, steps.tutor, 99)) == 12
    parts = [held_out_lessons(domain, steps.tutor, 5, part=slice(rank, None, 2)) for rank in range(2)]
    assert [len(part) for part in parts] == [3, 2]


@pytest.fixture
def own(tmp_path: Path) -> Share:
    """Twelve records of one's own: one without its picture, and two that are longer than the model takes."""
    (tmp_path / "a.png").write_bytes(encode_image(Image(np.full((32, 32, 3), 99, np.uint8))))
    rows = [
        {"image": "none.png" if number == 3 else "a.png", "instruction": f"Which number {number}?", "output": answer}
        for number, answer in enumerate(["long " * 300 if number in (5, 7) else str(number) for number in range(12)])
    ]
    (tmp_path / "own.json").write_text(json.dumps(rows))
    return Share(batch=4, file=str(tmp_path / "own.json"), validation=str(tmp_path / "own.json"))


def test_records_of_ones_own(
    recipe: MakeRecipe, own: Share, tiny_tokenizer: Tokenizer, tiny_config: NanoConfig, tmp_path: Path
) -> None:
    mixed = build_mixture(recipe(mixture={"own": own, "one": Share(batch=2)}))
    steps = Steps(mixed, NamingTutor(Assembler(tiny_tokenizer, tiny_config.inputs)), 6)
    made = [dict(steps[step])["own"] for step in range(6)]
    assert {len(lessons) for lessons in made} == {4}
    assert all(lesson.answered and len(lesson.talk.items) == 1 for lessons in made for lesson in lessons)
    assert told(steps[2]) == told(steps[2])
    assert len(held_out_lessons(mixed.domains["own"], steps.tutor, 99)) == 12 - 2
    lines = [json.loads(line) for line in (tmp_path / "run" / "skipped.jsonl").read_text().splitlines()]
    reasons = {line["record"].rpartition(" ")[2]: line["reason"] for line in lines}
    assert set(reasons) == {"3", "5", "7"}
    assert "no such file" in reasons["3"]
    assert "more than the 256" in reasons["5"]


def test_records_of_which_the_model_takes_none(
    recipe: MakeRecipe, own: Share, tiny_tokenizer: Tokenizer, tiny_config: NanoConfig
) -> None:
    short = NamingTutor(Assembler(tiny_tokenizer, replace(tiny_config.inputs, max_tokens=4)))
    steps = Steps(build_mixture(recipe(mixture={"own": own})), short, 6)
    with pytest.raises(UnreadableMedia, match=r"own: of 32 records this model takes 0; expected 4 .* data check FILE"):
        steps[0]
    with pytest.raises(LimitExceeded, match="more than the 4"):
        Steps(build_mixture(recipe()), short, 6)[0]  # what a domain draws has to fit


def test_an_unknown_domain_is_named(recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(UsageError, match=r"no domain named 'one'; there are: .*scenes.* Give one of these"):
        build_mixture(recipe())
