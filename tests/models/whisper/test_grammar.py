"""The rules on what may follow: the reference's own processors say the same, and each rule by itself."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.models.whisper.fakes import TOKENS, VOCABULARY, at
from tests.models.whisper.reference import GENERATION
from torch import Tensor

from sensorium.models.whisper.grammar import Grammar

YES, NO = 3, 4


def allowed(said: list[int], scores: Tensor | None = None, *, timestamps: bool = True) -> set[int]:
    scores = torch.zeros(VOCABULARY) if scores is None else scores.clone()
    left = Grammar(TOKENS, timestamps=timestamps).restrict(scores, said)
    return set(torch.isfinite(left).nonzero().flatten().tolist())


@given(
    said=st.lists(st.one_of(st.integers(0, 39), st.integers(51, 101)), max_size=6),
    seed=st.integers(0, 1000),
    timestamps=st.booleans(),
)
def test_is_what_the_reference_does(said: list[int], seed: int, timestamps: bool) -> None:
    process = pytest.importorskip("transformers.generation.logits_process")
    import transformers

    config = transformers.GenerationConfig(**GENERATION)
    scores = torch.randn(1, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * 3
    prompt = TOKENS.prompt("de", "transcribe", timestamps=timestamps)
    chain = [
        process.SuppressTokensAtBeginLogitsProcessor(GENERATION["begin_suppress_tokens"], begin_index=len(prompt)),
        process.SuppressTokensLogitsProcessor(GENERATION["suppress_tokens"]),
    ]
    if timestamps:
        chain.append(process.WhisperTimeStampLogitsProcessor(config, begin_index=len(prompt)))
    expected = scores
    for each in chain:
        expected = each(torch.tensor([[*prompt, *said]]), expected)
    found = Grammar(TOKENS, timestamps=timestamps).restrict(scores[0].clone(), said)
    assert torch.equal(found, expected[0])


def test_begins_with_a_timestamp_within_the_limit() -> None:
    assert allowed([]) == set(range(at(0), at(0.6) + 1))


def test_a_segment_begins_with_text() -> None:
    assert not any(id_ >= at(0) for id_ in allowed([at(0.2)]))
    assert YES in allowed([at(0.2)])
    assert YES in allowed([at(0), YES, at(0.4), at(0.4)])


def test_behind_its_end_comes_the_next_or_nothing() -> None:
    assert allowed([at(0), YES, at(0.4)]) == set(range(at(0.4), at(1) + 1))  # all alike: a timestamp is likelier
    end = torch.zeros(VOCABULARY)
    end[TOKENS.end] = 9.0
    assert allowed([at(0), YES, at(0.4)], end) == {TOKENS.end} | set(range(at(0.4), at(1) + 1))


def test_time_does_not_stand_still_within_a_segment() -> None:
    text = torch.zeros(VOCABULARY)
    text[YES] = 9.0
    times = {id_ for id_ in allowed([at(0.4), YES], text) if id_ >= at(0)}
    assert times == set(range(at(0.42), at(1) + 1))


def test_together_timestamps_outweigh_a_text() -> None:
    scores = torch.full((VOCABULARY,), -9.0)
    scores[YES], scores[at(0.4) :] = 2.0, 0.0
    assert YES not in allowed([at(0), NO], scores)
    scores[YES] = 5.0
    assert YES in allowed([at(0), NO], scores)


def test_without_timestamps_only_what_is_suppressed_is_gone() -> None:
    assert allowed([YES], timestamps=False) == set(range(VOCABULARY)) - set(TOKENS.suppressed)
    assert allowed([], timestamps=False) == set(range(VOCABULARY)) - set(TOKENS.suppressed + TOKENS.suppressed_first)
