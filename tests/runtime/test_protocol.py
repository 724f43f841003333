"""Arguments that every model refuses, in the same words."""

import os
from pathlib import Path

import pytest

from sensorium.core.errors import UsageError
from sensorium.runtime.protocol import check_question, model_name


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (None, "question: got a NoneType; expected words"),
        (b"What?", "question: got a bytes; expected words"),
        ("", r"The question is empty; expected words\. Give them first"),
        (" \n", "The question is empty"),
    ],
)
def test_what_is_no_question(question: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_question(question)


def test_a_question() -> None:
    check_question("?")


def test_names_and_paths_of_models() -> None:
    assert model_name("org/name") == model_name(Path("org") / "name").replace(os.sep, "/") == "org/name"
    for name in (None, 5, ["nano"]):
        with pytest.raises(UsageError, match=r"model: got a .*; expected a name, the path of a model folder"):
            model_name(name)
