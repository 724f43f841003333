"""The loop over windows, on networks that say what they are told: where it goes on, what it tells on and drops."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.models.whisper.fakes import TOKENS, FakeNetwork, Says, at, listening, scripted, sure
from torch import Tensor

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.media.types import AudioClip
from sensorium.models.speech.transcript import Segment
from sensorium.models.whisper.decode import Guards
from sensorium.models.whisper.transcribe import Options, Whisper, detect_language, transcribe

YES, NO, HOW, ARE, YOU = 3, 4, 10, 11, 12


def sound(seconds: float, *, quiet: tuple[float, float] = (0.0, 0.0)) -> AudioClip:
    samples = np.random.default_rng(0).normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)
    samples[round(quiet[0] * 16_000) : round(quiet[1] * 16_000)] = 0.0
    return AudioClip(samples)


def heard(model: Whisper, clip: AudioClip, **how: object) -> list[tuple[float, float, str]]:
    found = transcribe(model, clip, language="en", **how)  # type: ignore[arg-type]
    return [(each.start, each.end, each.text) for each in found]


def test_windows_move_by_the_last_timestamp() -> None:
    model, network = listening(
        scripted(
            [at(0.0), YES, at(0.4), at(0.4)],  # goes on at 0.4 s
            [at(0.1), NO, at(0.5), at(0.6), HOW, at(0.9)],  # all of the window up to 1.4 s
            [at(0.0), ARE, at(0.3)],
        )
    )
    assert heard(model, sound(2.0)) == [
        (0.0, 0.4, " yes"),
        (0.5, 0.9, " no"),
        (1.0, 1.3, " how"),
        (1.4, 1.7, " are"),
    ]
    assert [prompt[-3:] for prompt in network.prompts] == [[TOKENS.start, 42, 46]] * 3


def test_without_timestamps_a_window_is_one_segment_and_ends_with_the_sound() -> None:
    model, _ = listening(scripted([at(0.0), YES], [at(0.0), NO]))
    assert heard(model, sound(1.5)) == [(0.0, 1.0, " yes"), (1.0, 1.5, " no")]


def test_each_window_is_told_what_was_said() -> None:
    model, network = listening(scripted([at(0.0), YES, at(0.4)], [at(0.0), NO, at(0.9)], [at(0.0), HOW, at(0.9)]))
    heard(model, sound(3.0))
    assert network.prompts == [
        [41, 42, 46],
        [TOKENS.previous, at(0.0), YES, at(0.4), 41, 42, 46],
        [TOKENS.previous, at(0.0), YES, at(0.4), at(0.0), NO, at(0.9), 41, 42, 46],
    ]
    model, network = listening(scripted([at(0.0), YES, at(0.4)], [at(0.0), NO, at(0.9)]))
    heard(model, sound(2.0), options=Options(condition=False))
    assert network.prompts == [[41, 42, 46]] * 2


def test_what_is_told_is_at_most_half_the_context() -> None:
    model, network = listening(scripted(*[[at(0.0), *[YES] * 9, at(0.9)]] * 5), context=64)
    heard(model, sound(5.0), options=Options(Guards(compression=None)))
    assert [len(prompt) for prompt in network.prompts] == [3, 15, 26, 35, 35]  # 31 ids, what was before, and the start


def test_a_warm_text_is_not_passed_on() -> None:
    def says(window: int, ids: list[int]) -> Tensor:
        scores = scripted([at(0.0), YES, at(0.4)], [at(0.0), NO, at(0.4)])(window, ids)
        if window == 0 and ids[-1] == at(0.0):
            scores[NO] = scores.max()  # a text of two minds
        return scores

    for temperature, passed in ((0.4, True), (0.6, False)):
        model, network = listening(says)
        heard(model, sound(2.0), options=Options(Guards(temperatures=(temperature,))))
        assert (TOKENS.previous in network.prompts[1]) == passed


def silent(window: int, ids: list[int]) -> Tensor:
    """Unsure of everything but that nobody speaks in the first window."""
    if ids[-1] == TOKENS.start:
        return sure(TOKENS.no_speech if window == 0 else YES)
    if window == 0:
        return sure(NO, by=0.1)
    return scripted([], [at(0.0), YES, at(0.4)])(window, ids)


def test_a_window_without_speech_gives_no_text() -> None:
    model, _ = listening(silent)
    assert heard(model, sound(2.0)) == [(1.0, 1.4, " yes")]
    model, _ = listening(silent)
    assert len(heard(model, sound(2.0), options=Options(Guards(temperatures=(0.0,), no_speech=None)))) > 1


def test_a_window_without_sound_is_not_decoded() -> None:
    model, network = listening(scripted([at(0.0), YES, at(0.4)]))
    found = transcribe(model, sound(2.5, quiet=(0.0, 1.0)))
    assert next(found).start == 1.0
    assert found.language is not None
    assert len(network.mels) == 1

    model, network = listening(scripted())
    found = transcribe(model, AudioClip(np.full(40_000, 2.0**-16, np.float32)))
    assert found.transcript().segments == ()
    assert (found.language, found.seconds, network.mels) == (None, 2.5, [])


def test_what_is_said_behind_the_end_is_dropped() -> None:
    model, network = listening(scripted([at(0.0), YES, at(0.4), at(0.6), NO, at(0.9)], [at(0.0), HOW, at(0.5)]))
    assert heard(model, sound(0.5)) == [(0.0, 0.4, " yes")]
    model, network = listening(scripted([at(0.0), YES, at(0.9)]))
    assert heard(model, sound(0.5)) == [(0.0, 0.5, " yes")]
    model, network = listening(scripted([at(0.0), YES, at(0.9)], [at(0.0), NO, at(0.9)]))
    assert heard(model, sound(1.05)) == [(0.0, 0.9, " yes")]  # a twentieth of a second has no words
    assert len(network.mels) == 1


def test_empty_segments_are_dropped_and_not_passed_on() -> None:
    model, network = listening(scripted([at(0.0), 0, at(0.4), at(0.4), YES, at(0.9)], [at(0.0), NO, at(0.5)]))
    assert heard(model, sound(2.0)) == [(0.4, 0.9, " yes"), (1.0, 1.5, " no")]
    assert network.prompts[1] == [TOKENS.previous, at(0.4), YES, at(0.9), 41, 42, 46]


def test_a_text_that_hardly_moves_ends_too() -> None:
    model, network = listening(scripted(*[[at(0.0), YES, at(0.02), at(0.02)]] * 99))
    assert len(heard(model, sound(2.0))) <= 20
    assert len(network.mels) <= 20


def test_words_have_times_and_give_them_to_segments() -> None:
    model, _ = listening(scripted([at(0.0), HOW, ARE, at(0.5), at(0.5), YOU, at(0.9)], []))
    first, second = transcribe(model, sound(1.0), language="en", word_times=True)
    assert [word.text for word in first.words] == [" how", " are"]
    assert [word.text for word in second.words] == [" you"]
    assert [word.start for word in first.words] == sorted(word.start for word in first.words)
    assert (first.start, first.end) == (first.words[0].start, first.words[-1].end)
    assert all(0.0 <= word.probability <= 1.0 for word in (*first.words, *second.words))


def test_with_word_times_the_next_window_begins_at_the_last_word() -> None:
    model, network = listening(scripted([at(0.0), HOW, ARE, YOU, at(0.9), at(0.9)], []))
    (segment,) = transcribe(model, sound(1.6), language="en", word_times=True)
    assert segment.words[-1].end < 0.9
    assert len(network.mels) == 2
    assert float((network.mels[1] > network.mels[1].min()).any(dim=1).sum()) / 100 == pytest.approx(
        1.6 - segment.words[-1].end, abs=0.06
    )


def test_words_later_in_the_sound() -> None:
    model, _ = listening(scripted([at(0.0), YES, at(0.9)], [at(0.0), HOW, ARE, at(0.9)]))
    _, second = transcribe(model, sound(2.0), language="en", word_times=True)
    assert all(1.0 <= word.start <= word.end <= 2.0 for word in second.words)
    assert second.start >= 1.0


def speaks(language: str) -> Says:
    text = scripted([at(0.0), YES, at(0.9)], [at(0.0), NO, at(0.9)])

    def says(window: int, ids: list[int]) -> Tensor:
        return sure(TOKENS.languages[language]) if ids == [TOKENS.start] else text(window, ids)

    return says


def test_the_language_is_found_out_once_and_used() -> None:
    model, network = listening(speaks("zh"))
    found = transcribe(model, sound(2.0), task="translate")
    assert found.language is None
    next(found)
    assert found.language == "zh"
    assert found.transcript().language == "zh"
    assert network.prompts[0] == [TOKENS.start]
    assert network.prompts[1] == [TOKENS.start, 44, 45]
    assert len(network.prompts) == 3
    assert next(iter(detect_language(model, sound(1.0)))) == "zh"


def test_the_transcript_has_what_was_given_out_already() -> None:
    model, _ = listening(speaks("en"))
    found = transcribe(model, sound(2.0))
    first = next(found)
    whole = found.transcript()
    assert whole.segments[0] == first
    assert whole.text == "yes no"
    assert whole.seconds == 2.0
    assert found.transcript() == whole


def test_segments_come_as_they_are_heard() -> None:
    model, network = listening(speaks("en"))
    seen: list[tuple[float, float | None]] = []
    pieces = iter([sound(1.0), sound(1.0)])
    found = transcribe(model, pieces, progress=lambda *at: seen.append(at))
    assert (len(network.mels), seen) == (0, [])
    assert isinstance(next(found), Segment)
    assert len(network.mels) == 1
    list(found)
    assert seen == [(0.0, None), (1.0, None), (2.0, 2.0)]


def test_a_window_beside_a_loud_one_stays_quiet() -> None:
    model, network = listening(scripted([at(0.0), YES, at(0.9)], [at(0.0), NO, at(0.9)]))
    clip = sound(2.0)
    faint = replace(clip, samples=clip.samples * np.repeat(np.array([1.0, 1e-4], np.float32), 16_000))
    heard(model, faint)
    assert float(network.mels[1].min()) == pytest.approx(float(network.mels[0].max()) - 2.0, abs=1e-5)


def test_what_is_asked_for_is_checked_at_once() -> None:
    model, _ = listening(speaks("en"))
    with pytest.raises(UsageError, match="no language 'xx'"):
        transcribe(model, sound(1.0), language="xx")
    with pytest.raises(UsageError, match="Got the task 'sing'"):
        transcribe(model, sound(1.0), task="sing")  # type: ignore[arg-type]
    found = transcribe(model, AudioClip(np.zeros(0, np.float32)))
    with pytest.raises(UnreadableMedia, match="got no samples"):
        next(found)


def test_networks_are_not_asked_to_keep_gradients() -> None:
    class Watching(FakeNetwork):
        def logits(self, hidden: Tensor) -> Tensor:
            assert torch.is_inference_mode_enabled()
            return super().logits(hidden)

    model, _ = listening(speaks("en"))
    watched = replace(model, network=Watching(speaks("en")))
    assert transcribe(watched, sound(1.0), word_times=True).transcript().text == "yes"
    assert not torch.is_inference_mode_enabled()
