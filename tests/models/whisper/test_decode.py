"""The guards at work on networks that say what they are told: fallback, silence, limits, draws."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from tests.models.whisper.fakes import TOKENS, VOCABULARY, FakeNetwork, Says, at, scripted, sure, tokenizer
from tests.models.whisper.reference import GENERATION
from torch import Tensor

from sensorium.core.errors import EngineError, UsageError
from sensorium.models.whisper.decode import Decoded, Guards, WindowDecoder, compression, decode, language_chances
from sensorium.models.whisper.grammar import Grammar

YES, NO = 3, 4
PROMPT = TOKENS.prompt("en", "transcribe")
TEXT = [at(0.0), YES, NO, at(0.5)]


def window(says: Says, *, prompt: Sequence[int] = PROMPT, seed: int = 0, most: int | None = None) -> WindowDecoder:
    network = FakeNetwork(says)
    return WindowDecoder(
        network,
        network.hear(torch.zeros(1, 80, 100)),
        prompt,
        tokens=TOKENS,
        grammar=Grammar(TOKENS, timestamps=True),
        generator=torch.Generator().manual_seed(seed),
        max_tokens=most,
    )


class Attempts:
    """A window whose texts are written beforehand."""

    def __init__(self, *texts: Decoded) -> None:
        self.texts = texts
        self.tried: list[float] = []

    def attempt(self, temperature: float) -> Decoded:
        self.tried.append(temperature)
        return replace(self.texts[len(self.tried) - 1], temperature=temperature)


def tried(*texts: Decoded, guards: Guards | None = None) -> list[float]:
    attempts = Attempts(*texts)
    found = decode(attempts, guards or Guards(), tokens=TOKENS, tokenizer=tokenizer())
    assert found == replace(texts[len(attempts.tried) - 1], temperature=attempts.tried[-1])
    return attempts.tried


GOOD = Decoded((at(0.0), 10, 11, 12, at(0.5)), log_prob=-0.3, no_speech=0.0, temperature=0.0)
UNLIKELY = replace(GOOD, log_prob=-1.2)
LOOPED = replace(GOOD, ids=(YES,) * 40)
SILENT = replace(UNLIKELY, no_speech=0.7)


def test_a_good_text_is_taken_at_once() -> None:
    assert tried(GOOD) == [0.0]


def test_a_bad_text_is_tried_again_warmer() -> None:
    assert tried(UNLIKELY, LOOPED, GOOD) == [0.0, 0.2, 0.4]


def test_the_last_text_is_taken_as_it_is() -> None:
    assert tried(*[UNLIKELY] * 6) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert tried(UNLIKELY, LOOPED, guards=Guards(temperatures=(0.0, 0.5))) == [0.0, 0.5]


def test_silence_is_not_tried_again() -> None:
    assert tried(SILENT) == [0.0]
    assert SILENT.silent(Guards())
    assert not replace(SILENT, log_prob=-0.3).silent(Guards())  # it may be quiet, but this was said
    assert not replace(SILENT, no_speech=0.5).silent(Guards())
    assert not SILENT.silent(Guards(no_speech=None))
    assert replace(SILENT, log_prob=-0.3).silent(Guards(log_prob=None))


def test_a_bound_that_is_none_does_not_act() -> None:
    assert tried(LOOPED, guards=Guards(compression=None)) == [0.0]
    assert tried(UNLIKELY, guards=Guards(log_prob=None)) == [0.0]


def test_repetition_packs_well() -> None:
    assert compression("yes " * 40) > 2.4 > compression("How are you this morning, in this fog?")
    assert compression("") == 0.0


def test_a_text_with_its_figures() -> None:
    decoder = window(scripted(TEXT))
    found = decoder.attempt(0.0)
    assert list(found.ids) == TEXT
    assert found.temperature == 0.0
    assert -0.001 < found.log_prob < 0.0
    assert found.no_speech < 1e-6
    assert decoder.attempt(0.0) == found  # the prompt is still there


def test_the_mean_counts_the_end_and_only_what_may_follow() -> None:
    def says(_: int, ids: list[int]) -> Tensor:
        scores = torch.zeros(VOCABULARY)
        scores[at(0.0) : at(0.6) + 1] = -torch.arange(31.0)
        if len(ids) > 3:
            scores[TOKENS.end] = 100.0
        return scores

    found = window(says).attempt(0.0)
    first = float((-torch.arange(31.0)).log_softmax(0)[0])
    assert list(found.ids) == [at(0.0)]
    assert found.log_prob == pytest.approx(first / 2, abs=1e-4)


def test_the_chance_of_no_speech_is_told_at_the_start_token() -> None:
    def says(_: int, ids: list[int]) -> Tensor:
        return sure(TOKENS.no_speech) if ids[-1] == TOKENS.start else sure(at(0.0))

    before = [TOKENS.previous, YES, NO, *PROMPT]
    assert window(says, prompt=before).no_speech == pytest.approx(1.0)


def test_a_text_without_end_is_cut() -> None:
    def says(_: int, ids: list[int]) -> Tensor:
        return sure(YES)

    assert len(window(says).attempt(0.0).ids) == 32  # half the context of 64
    assert len(window(says, most=5).attempt(0.0).ids) == 5
    assert len(window(says, prompt=[TOKENS.previous, *[YES] * 50, *PROMPT]).attempt(0.0).ids) == 10


def test_draws_depend_on_seed_and_temperature_alone() -> None:
    def says(_: int, ids: list[int]) -> Tensor:
        return torch.linspace(0.0, 3.0, VOCABULARY)

    def drawn(seed: int, temperature: float) -> tuple[int, ...]:
        return window(says, seed=seed).attempt(temperature).ids

    assert drawn(1, 1.0) == drawn(1, 1.0) != drawn(2, 1.0)
    assert drawn(1, 1e-300) == drawn(2, 1e-300)  # as good as greedy where one is the likeliest


def test_scores_that_are_no_numbers() -> None:
    def says(_: int, ids: list[int]) -> Tensor:
        return torch.full((VOCABULARY,), torch.nan if len(ids) > 3 else 0.0)

    with pytest.raises(EngineError, match=r"Whisper: its scores are not finite numbers\. Check the model's files"):
        window(says).attempt(0.0)


def test_temperatures_are_checked() -> None:
    with pytest.raises(UsageError, match=r"temperatures are \[\]; expected at least one, each 0 to 100"):
        Guards(temperatures=())
    with pytest.raises(UsageError, match=r"temperatures are \[-1\.0\]"):
        Guards(temperatures=(-1.0,))


def test_chances_of_languages() -> None:
    def says(_: int, ids: list[int]) -> Tensor:
        assert ids == [TOKENS.start]
        scores = sure(YES)
        scores[[TOKENS.languages[code] for code in ("de", "zh")]] = torch.tensor([2.0, 1.0])
        return scores

    network = FakeNetwork(says)
    found = language_chances(network, network.hear(torch.zeros(1, 80, 100)), TOKENS)
    assert list(found) == ["de", "zh", "en"]
    assert sum(found.values()) == pytest.approx(1.0)
    assert language_chances(network, (), replace(TOKENS, languages={})) == {"en": 1.0}


def test_the_limit_of_the_first_timestamp_is_that_of_the_file() -> None:
    def late(_: int, ids: list[int]) -> Tensor:
        return sure(at(0.9))

    assert window(late).attempt(0.0).ids[0] <= at(0.02 * GENERATION["max_initial_timestamp_index"])
