"""Samples become talks in step order, whoever prepares them; the tokenizer is learnt from all domains."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sensorium.chat.message import Text
from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import ConfigError, UsageError
from sensorium.inputs.assemble import Assembler
from sensorium.models.nano.config import LanguageConfig, NanoConfig
from sensorium.training.preparation import MicroBatch, Steps, build_mixture, stream, train_tokenizer, validation_talks
from sensorium.training.recipe import Recipe

MakeRecipe = Callable[..., Recipe]


@pytest.fixture
def steps(recipe: MakeRecipe, tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Steps:
    return Steps(build_mixture(recipe()), Assembler(tiny_tokenizer, tiny_config.inputs), 6)


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
    tokenizer = train_tokenizer(recipe(), build_mixture(recipe()))
    assert all(tokenizer.special(token) >= 0 for token in SPECIAL_TOKENS)
    assert len(tokenizer.encode(Text("Which colour"))) < 6
    assert train_tokenizer(recipe(), build_mixture(recipe())).to_json() == tokenizer.to_json()


def test_a_vocabulary_too_small_for_bytes(recipe: MakeRecipe, tiny_config: NanoConfig) -> None:
    small = replace(tiny_config, language=LanguageConfig(vocabulary=200))
    with pytest.raises(ConfigError, match="vocabulary is 200; bytes and special tokens alone are 265"):
        train_tokenizer(recipe(model=small), build_mixture(recipe()))


def test_validation_samples_are_spread_over_all(steps: Steps) -> None:
    domain = steps.mixture.domains["one"]
    texts = [steps.assembler.tokenizer.decode(talk.ids) for talk in validation_talks(domain, steps.assembler, 4)]
    assert [text.split("?")[1] for text in texts] == ["red", "red", "green", "blue"]  # samples 0, 3, 7, 11
    assert len(validation_talks(domain, steps.assembler, 99)) == 12


def test_an_unknown_domain_is_named(recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(UsageError, match=r"no domain named 'one'; there are: .*scenes.* Give one of these"):
        build_mixture(recipe())
