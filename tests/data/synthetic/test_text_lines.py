"""Lines of text: what is drawn, what is asked, which faces and words are held out."""

import numpy as np
import pytest

from sensorium.core.errors import MissingPackage
from sensorium.data.synthetic import fonts
from sensorium.data.synthetic.text_lines import TextLines, draw_line
from sensorium.data.synthetic.words import HELD_OUT_WORDS, TRAIN_WORDS, draw_text
from sensorium.media.types import Image

SAMPLES = 200


def picture(sample: object) -> np.ndarray:
    media = sample.media[0]  # type: ignore[attr-defined]
    assert isinstance(media, Image)
    return media.pixels


def test_texts_are_short_printable_and_trimmed() -> None:
    rng = np.random.default_rng(0)
    texts = [draw_text(rng, 24, TRAIN_WORDS) for _ in range(3000)]
    assert all(1 <= len(text) <= 24 and text == text.strip() and "  " not in text for text in texts)
    assert all(all(" " <= letter <= "~" or letter in "€£" for letter in text) for text in texts)
    assert len(set(texts)) > 2000


def test_words_and_faces_of_validation_are_not_in_training() -> None:
    assert not set(TRAIN_WORDS) & set(HELD_OUT_WORDS)
    assert len(TRAIN_WORDS) > 400
    assert len(HELD_OUT_WORDS) > 50
    assert not set(fonts.train_faces()) & set(fonts.held_out_faces())


def test_every_face_draws_every_character() -> None:
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)] + ["€", "£"]
    for face in (*fonts.train_faces(), *fonts.held_out_faces()):
        ours = [letter for letter in letters if fonts.draws(face, letter)]
        assert len(ours) >= 94
        shapes = {letter: bytes(fonts.font(face, 24).getmask(letter)) for letter in ours}
        missing = bytes(fonts.font(face, 24).getmask("\U0010fffe"))
        assert all(shape and shape != missing for shape in shapes.values()), face


def test_a_missing_font_package_names_the_extra() -> None:
    with pytest.raises(MissingPackage, match=r"no-such-font.*sensorium\[train\]"):
        fonts._folder("no_such_font")


def test_the_text_is_inside_the_picture_and_stands_out() -> None:
    rng = np.random.default_rng(1)
    for _ in range(SAMPLES):
        _, image = draw_line(rng, fonts.train_faces(), TRAIN_WORDS)
        pixels = image.pixels.astype(int)
        paper = np.median(pixels.reshape(-1, 3), axis=0)
        ink = np.abs(pixels - paper).sum(axis=2) > 90
        assert ink.any()
        assert not ink[[0, -1]].any()
        assert not ink[:, [0, -1]].any()
        assert pixels.shape[0] * pixels.shape[1] <= 25_600


def test_the_first_turn_reads_the_line_and_follow_ups_agree_with_it() -> None:
    rng = np.random.default_rng(2)
    kinds = set()
    for _ in range(3 * SAMPLES):
        read, *others = TextLines().train(rng).turns
        assert (read.kind, read.measure) == ("read", "characters")
        for turn in others:
            kinds.add(turn.kind)
            if turn.kind == "word":
                assert turn.answer in (read.answer.split()[0], read.answer.split()[-1])
            elif turn.kind == "letter":
                assert turn.answer in (read.answer[0], read.answer[-1])
            elif turn.kind == "count":
                assert int(turn.answer) in (len(read.answer), len(read.answer.split()))
            elif turn.kind == "exists":
                assert (turn.answer in {"yes", "有"}) == any(c in "0123456789" for c in read.answer)
            elif turn.kind == "case":
                assert (turn.answer in {"yes", "是"}) == (read.answer.upper() == read.answer)
    assert kinds == {"word", "letter", "count", "exists", "case", "colour", "unanswerable"}


def test_samples_are_reproducible_and_in_both_languages() -> None:
    domain = TextLines()
    first, second = (domain.train(np.random.default_rng(3)) for _ in range(2))
    assert first.turns == second.turns
    assert np.array_equal(picture(first), picture(second))
    samples = [domain.validation(index) for index in range(160)]
    again = [domain.validation(index) for index in range(160)]
    assert all(np.array_equal(picture(a), picture(b)) for a, b in zip(samples, again, strict=True))
    assert [sample.turns for sample in samples] == [sample.turns for sample in again]
    assert {sample.turns[0].language for sample in samples} == {"en", "zh"}
    assert all(len(domain.validation(index).turns) == 1 for index in range(0, domain.validation_size, 2))
