"""Refusals name the medium, what is taken, and what to do."""

import numpy as np
import pytest

from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.inputs.refusals import as_picture, check_length, not_taken
from sensorium.media.types import AudioClip, Document, Image

SOUND = AudioClip(np.zeros(9, np.float32), "a.wav")


def test_what_is_not_taken() -> None:
    assert str(not_taken(SOUND, "image", "video")) == (
        "a.wav: this model takes image, video, not audio. Choose a model that takes audio (sensorium models)."
    )
    assert str(not_taken(Document("text", "a.txt"), "image")).endswith(
        "not document. Paste the text into the question, or choose another model (sensorium models)."
    )
    assert "Say it (sensorium models)" in str(not_taken(Document("text"), "text only", advice="Say it"))


def test_only_pictures_are_pictures() -> None:
    picture = Image(np.zeros((2, 3, 3), np.uint8))
    assert as_picture(picture) is picture
    with pytest.raises(UnsupportedMedia, match=r"a\.wav: this model takes image, not audio"):
        as_picture(SOUND)


def test_talks_may_be_as_long_as_the_model_takes() -> None:
    check_length([1, 2, 3], 3)
    with pytest.raises(LimitExceeded, match=r"talk: 3 tokens, .* is more than the 2 this model takes"):
        check_length([1, 2, 3], 2)
