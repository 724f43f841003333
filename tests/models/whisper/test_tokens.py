"""Special tokens: prompts, languages by code and name, tasks, and models of English alone."""

from typing import Any

import pytest
from tests.models.whisper.fakes import CONFIG, TOKENS
from tests.models.whisper.reference import GENERATION

from sensorium.core.errors import UsageError
from sensorium.models.whisper.languages import LANGUAGES, OTHER_NAMES, WITHOUT_SPACES
from sensorium.models.whisper.tokens import SpecialTokens, read_tokens, write_generation

ENGLISH = GENERATION | {"is_multilingual": False}


def read(generation: dict[str, Any], older: dict[str, Any] | None = None) -> SpecialTokens:
    return read_tokens(generation, CONFIG, older=older or {}, where="generation_config.json")


def test_prompts() -> None:
    assert TOKENS.prompt("de", "translate") == [41, 43, 45]
    assert TOKENS.prompt("en", "transcribe", timestamps=False) == [41, 42, 46, 50]
    assert TOKENS.text([41, 3, 40, 39, 60]) == [3, 39]
    assert (TOKENS.first_timestamp, TOKENS.no_speech, TOKENS.previous) == (51, 49, 48)


def test_a_model_of_english_alone() -> None:
    tokens = read(ENGLISH)
    assert tokens.prompt("en", "transcribe") == [41]
    assert tokens.language("English") == "en"
    assert tokens.check_task("transcribe") == "transcribe"
    with pytest.raises(UsageError, match="This model writes English and cannot translate"):
        tokens.check_task("translate")
    with pytest.raises(UsageError, match=r"no language 'de'; it has: en\."):
        tokens.language("de")


@pytest.mark.parametrize(("name", "code"), [("de", "de"), ("German", "de"), (" MANDARIN ", "zh"), ("En", "en")])
def test_languages_by_code_and_name(name: str, code: str) -> None:
    assert TOKENS.language(name) == code


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Klingon", r"This model has no language 'Klingon'; it has: en, de, zh\. Give one of these, or none"),
        ("Germann", r"Did you mean 'german'"),
        ("fr", r"no language 'fr'; it has: en, de, zh"),
    ],
)
def test_other_languages(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TOKENS.language(name)


def test_another_task() -> None:
    with pytest.raises(UsageError, match="Got the task 'summarise'; expected one of transcribe, translate"):
        TOKENS.check_task("summarise")


def test_what_older_files_had_elsewhere_or_not_at_all() -> None:
    generation = {key: value for key, value in GENERATION.items() if key != "suppress_tokens"}
    del generation["prev_sot_token_id"], generation["alignment_heads"], generation["begin_suppress_tokens"]
    tokens = read(generation | {"eos_token_id": [40]}, {"suppress_tokens": [9], "begin_suppress_tokens": [8]})
    assert tokens.suppressed == (9, 41, *range(45, 50))
    assert tokens.suppressed_first == (8, 40)
    assert (tokens.previous, tokens.end) == (48, 40)
    assert tokens.alignment_heads == ((1, 0), (1, 1), (2, 0), (2, 1))  # the later half of three layers
    assert read(generation | {"max_initial_timestamp_index": None}).first_limit is None
    assert read({k: v for k, v in generation.items() if k != "max_initial_timestamp_index"}).first_limit == 50


@pytest.mark.parametrize("generation", [GENERATION, ENGLISH])
def test_there_and_back(generation: dict[str, Any]) -> None:
    tokens = read(generation)
    assert read(write_generation(tokens)) == tokens


def test_names_are_the_reference_s() -> None:
    reference = pytest.importorskip("transformers.models.whisper.tokenization_whisper")
    assert {code: name.lower() for code, name in LANGUAGES.items()} == reference.LANGUAGES
    assert {name.lower(): code for code, name in LANGUAGES.items()} | OTHER_NAMES == reference.TO_LANGUAGE_CODE
    assert set(LANGUAGES) >= WITHOUT_SPACES
