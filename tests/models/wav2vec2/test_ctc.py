"""CTC decoding: the reference's text and times; pieces are one; words and segments."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.wav2vec2.reference import VOCABULARY

from sensorium.core.errors import EngineError
from sensorium.models.speech.transcript import Word
from sensorium.models.wav2vec2.ctc import Letter, LetterStream, segments, words
from sensorium.models.wav2vec2.inputs import Letters

SIZE = len(VOCABULARY)
LETTERS = Letters({id_: " " if text == "|" else text for text, id_ in VOCABULARY.items() if id_ >= 4}, 0)
ROW = 0.02


def scores(ids: list[int]) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(ids, dtype=torch.int64), SIZE) * 9.0


def letters(ids: list[int], *, cuts: tuple[int, ...] = ()) -> list[Letter]:
    stream = LetterStream(LETTERS, size=SIZE, row=ROW)
    found: list[Letter] = []
    edges = [0, *cuts, len(ids)]
    for start, end in pairwise(edges):
        found += stream.push(scores(ids)[start:end])
    return [*found, *stream.finish()]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> object:
    import json

    transformers = pytest.importorskip("transformers")
    path: Path = tmp_path_factory.mktemp("vocabulary") / "vocab.json"
    path.write_text(json.dumps(VOCABULARY))
    return transformers.Wav2Vec2CTCTokenizer(str(path))


@settings(max_examples=60)
@given(ids=st.lists(st.sampled_from([0, 0, 4, 4, 5, 6, 7]), min_size=1, max_size=40), cut=st.integers(0, 40))
def test_text_and_times_are_those_of_the_reference(theirs: object, ids: list[int], cut: int) -> None:
    expected = theirs.decode(ids, output_char_offsets=True, output_word_offsets=True)  # type: ignore[attr-defined]
    found = letters(ids, cuts=(min(cut, len(ids)),))
    assert "".join(letter.text for letter in found).strip() == expected.text
    assert [(each.text, round(each.start / ROW), round(each.end / ROW)) for each in found] == [
        (each["char"], each["start_offset"], each["end_offset"]) for each in expected.char_offsets
    ]
    said = [(each.text, round(each.start / ROW), round(each.end / ROW)) for each in words(found)]
    wanted = [(f" {each['word']}", each["start_offset"], each["end_offset"]) for each in expected.word_offsets]
    assert said == [each for each in wanted if each[0].strip()]  # a space at the front is a word of none there


def test_probabilities_are_means_over_rows_and_letters() -> None:
    stream = LetterStream(LETTERS, size=SIZE, row=ROW)
    rows = torch.full((3, SIZE), -torch.inf).log_softmax(-1).nan_to_num(-1e9)
    for row, chance in enumerate((0.6, 0.8, 0.5)):
        rows[row, 5 if row < 2 else 6] = torch.tensor(chance).log()
        rows[row, 0] = torch.tensor(1 - chance).log() - (1e-6 if row == 2 else 0.0)
    found = [*stream.push(rows), *stream.finish()]
    assert [each.text for each in found] == ["E", "T"]
    assert [each.probability for each in found] == pytest.approx([0.7, 0.5], abs=1e-3)
    (word,) = words(found)
    assert word.text == " ET"
    assert word.probability == pytest.approx(0.6, abs=1e-3)


def test_marks_of_the_vocabulary_are_never_written() -> None:
    marked = scores([5, 1, 2, 3, 6])
    marked[1:4, 0] = 1.0  # the blank is next
    stream = LetterStream(LETTERS, size=SIZE, row=ROW)
    assert [each.text for each in (*stream.push(marked), *stream.finish())] == ["E", "T"]


def test_silence_ends_a_letter_and_takes_its_time() -> None:
    stream = LetterStream(LETTERS, size=SIZE, row=ROW)
    found = [*stream.push(scores([5])), *stream.skip(0), *stream.push(scores([5])), *stream.skip(10)]
    found += [*stream.push(scores([5])), *stream.finish()]
    assert [(round(each.start, 2), round(each.end, 2)) for each in found] == [(0.0, 0.04), (0.24, 0.26)]


def test_scores_that_are_no_numbers() -> None:
    stream = LetterStream(LETTERS, size=SIZE, row=ROW)
    with pytest.raises(EngineError, match=r"wav2vec 2\.0: its scores are not finite numbers"):
        list(stream.push(torch.full((2, SIZE), torch.nan)))


def test_segments_end_at_pauses_and_when_they_are_long() -> None:
    said = [Word(" A", 0.0, 0.4, 0.5), Word(" B", 0.9, 1.2, 0.5), Word(" C", 1.9, 2.0, 1.0)]
    first, second = segments(said)
    assert (first.text, first.start, first.end, first.words) == (" A B", 0.0, 1.2, tuple(said[:2]))
    assert first.log_prob == pytest.approx(-0.6931, abs=1e-3)
    assert (second.text, second.log_prob) == (" C", 0.0)
    spoken = [Word(" A", place / 2, place / 2 + 0.3, 1.0) for place in range(60)]
    parts = list(segments(spoken))
    assert sum(len(part.words) for part in parts) == 60
    assert all(part.end - part.start <= 12.0 for part in parts)
    assert len(parts) == 3
    assert list(segments([])) == []
