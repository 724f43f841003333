"""Lines of text: what is drawn, what is asked, which faces and words are held out."""

import numpy as np
import pytest

from sensorium.core.errors import MissingPackage
from sensorium.data.synthetic import fonts, text_lines
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


@pytest.fixture
def unworn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are neither turned nor blurred, so that places can be measured."""
    monkeypatch.setattr(text_lines, "_worn", lambda rng, picture, paper: np.asarray(picture))


def test_letters_have_regions_in_reading_order_that_hold_their_ink(unworn: None) -> None:
    rng = np.random.default_rng(4)
    gaps = []
    for _ in range(SAMPLES):
        sample = TextLines().train(rng)
        pixels = picture(sample).astype(int)
        ink = (np.abs(pixels - pixels[0, 0]).sum(axis=2) > 90).any(axis=0)
        assert [region.words for region in sample.regions] == [(c,) for c in sample.turns[0].answer if c != " "]
        boxes = np.array([region.box for region in sample.regions])
        assert (boxes[:, [1, 3]] == (0.0, 1.0)).all()
        assert boxes[0, 0] >= 0.0
        assert boxes[-1, 2] <= 1.0
        lefts, rights = boxes[:, 0] * len(ink), boxes[:, 2] * len(ink)
        assert (lefts < rights).all()
        assert (rights[:-1] <= lefts[1:] + 0.01).all()
        assert all(ink[round(left) : round(right)].any() for left, right in zip(lefts, rights, strict=True))
        assert lefts[0] - 5 <= np.flatnonzero(ink)[0] <= lefts[0] + 10  # slanted letters hang over
        spaces = [(right, left) for right, left in zip(rights, lefts[1:], strict=False) if left - right > 2]
        gaps += [bool(ink[round(right) + 1 : round(left) - 1].any()) for right, left in spaces]
    assert len(gaps) > 50
    assert np.mean(gaps) < 0.05


def test_training_lines_have_few_widths_and_stand_anywhere_in_them(unworn: None) -> None:
    rng = np.random.default_rng(5)
    samples = [TextLines().train(rng) for _ in range(SAMPLES)]
    assert {picture(sample).shape[1] for sample in samples} <= set(text_lines._TRAIN_WIDTHS)
    ends = [(sample.regions[0].box[0], 1.0 - sample.regions[-1].box[2], picture(sample).shape[1]) for sample in samples]
    assert max(left * width for left, _, width in ends) > 30  # margins alone are 20 at most
    assert max(right * width for _, right, width in ends) > 30


def test_regions_of_worn_lines_stay_inside() -> None:
    rng = np.random.default_rng(6)
    boxes = np.array([region.box for _ in range(SAMPLES) for region in TextLines().train(rng).regions])
    assert boxes.min() >= 0.0
    assert boxes.max() <= 1.0


def test_validation_lines_stay_what_figures_were_measured_on() -> None:
    faces = fonts.held_out_faces()
    lines = [draw_line(np.random.default_rng(seed), faces, HELD_OUT_WORDS)[0] for seed in range(8)]
    assert [line.colour for line in lines] == ["black", "green", "black", "blue", "blue", "black", "white", "purple"]


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
