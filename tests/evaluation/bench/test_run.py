"""A benchmark of a tiny model, in this process: every row is there and says what it may be compared with."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sensorium.core.errors import EngineError
from sensorium.evaluation.bench import limits, measure, run
from sensorium.evaluation.bench.prompts import sizes_for, words
from sensorium.evaluation.bench.run import Source, apart, bench
from sensorium.models.answerer import Answerer
from sensorium.runtime.parts import Parts

T = TypeVar("T")


def here(work: Callable[..., T], *arguments: Any) -> T:
    return work(*arguments)


@pytest.fixture
def source(tiny_parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setattr(limits, "READ", 1 << 16)
    monkeypatch.setattr(limits, "SIDE", 32)
    monkeypatch.setattr(measure, "RUNS", 1)
    monkeypatch.setattr(run, "sizes_for", lambda model: replace(sizes_for(model), decoded=4, said=4, streams=3))
    monkeypatch.setattr(Source, "load", lambda _: tiny_parts.model)
    return Source("nano", Path())


def test_every_row_is_measured(source: Source) -> None:
    told: list[str] = []
    found = bench(source, called="tiny", tell=told.append, carry=here)
    what = [each.what for each in found.figures]
    assert what[:2] == ["decode, one stream, fp32", "decode, one stream, int8"]
    assert [each.rpartition(", ")[2] for each in what if "first token" in each] == ["to the first token"] * 2
    assert "the same, 3 at once" in what
    assert "3 at once, while all decode" in what
    assert all(each.value > 0 for each in found.figures)
    limited = [each for each in found.figures if each.share is not None]
    assert len(limited) >= 4
    assert all((each.share or 0) > 0 for each in limited)
    assert told[0] == "the machine"


def test_words_are_as_many_as_were_asked_for(tiny_parts: Parts) -> None:
    model: Answerer = tiny_parts.model
    for tokens in (20, 50, 128):
        length = words(model, tokens).ids.shape[1]
        assert tokens - 4 <= length <= tokens


def test_streams_say_all_they_are_asked_for(tiny_parts: Parts) -> None:
    found = measure.streams(tiny_parts.model, 3, 5, pictures=True)
    assert found.count == 3
    assert found.total > 0


def test_a_process_that_dies_is_an_error() -> None:
    with pytest.raises(EngineError, match="a process ended before it had measured"):
        apart(os._exit, 1)
