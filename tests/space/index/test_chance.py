"""Words are as likely as they are nearer than others; a paraphrase is no rival."""

import numpy as np
import pytest
from tests.space.index.colours import Colours

from sensorium.core.errors import LimitExceeded
from sensorium.media.types import Modality
from sensorium.space.index.chance import OTHERS, Rivals, place_others, rivals
from sensorium.space.index.types import Found, Spot

AXES = np.eye(4, dtype=np.float32)


def piece(kind: Modality, words: str = "") -> Found:
    return Found(1, kind, ("/x",), Spot(), words=words)


def test_the_softmax_of_cosines() -> None:
    judge = Rivals(AXES[1:3], {"image": 10.0})
    place = np.array([0.5, 0.5, 0.0, 0.0], np.float32)
    expected = np.exp(5) / (2 * np.exp(5) + 1)
    assert judge.chance(AXES[0], place, piece("image")) == pytest.approx(expected, rel=1e-5)
    assert judge.chance(AXES[3], place, piece("image")) == pytest.approx(1 / (2 + np.exp(5)), rel=1e-5)


def test_another_who_says_the_same_is_no_rival() -> None:
    place = np.array([0.5, 0.5, 0.0, 0.0], np.float32)
    alone = Rivals(AXES[:1], {"image": 10.0}).chance(AXES[0], place, piece("image"))
    assert alone == 1.0


def test_each_kind_is_judged_as_what_it_was_embedded_as() -> None:
    judge = Rivals(AXES[1:], {"image": 10.0})
    for kind, words, known in (("image", "", 1), ("video", "", 1), ("document", "", 1), ("document", "w", 0)):
        assert (judge.chance(AXES[0], AXES[0], piece(kind, words)) is not None) == bool(known)  # type: ignore[arg-type]


def test_who_has_no_media_or_no_texts_has_no_rivals(colours: Colours, monkeypatch: pytest.MonkeyPatch) -> None:
    places = place_others(colours)
    assert places is not None
    assert places.shape == (len(OTHERS), colours.width)
    found = rivals(colours, places)
    assert found is not None
    assert found.sharpness["audio"] == 10.0

    def refuse(texts: object) -> None:
        raise LimitExceeded("too long. Shorten it.")

    monkeypatch.setattr(colours, "embed_texts", refuse)
    assert place_others(colours) is None
    colours.modalities = ("image", "audio")
    assert place_others(colours) is None
    assert rivals(colours, None) is None
