"""Another model than that of the index, or the same with other weights."""

import numpy as np
import pytest
from tests.space.index.colours import Colours

from sensorium.core.errors import UsageError
from sensorium.space.index.belonging import belongs, check_name, check_sign, read_others, written_others, written_sign


def test_the_same_model_passes(colours: Colours) -> None:
    check_name("here", ("colours", 8), colours)
    check_sign("here", written_sign(colours), colours)


def test_another_name_width_or_place_is_refused(colours: Colours, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"here: an index of clip \(width 8\); got colours"):
        check_name("here", ("clip", 8), colours)
    with pytest.raises(UsageError, match=r"an index of colours \(width 9\)"):
        check_name("here", ("colours", 9), colours)
    kept = written_sign(colours)
    monkeypatch.setattr(colours, "embed_texts", lambda texts: np.eye(8, dtype=np.float32)[:1])
    with pytest.raises(UsageError, match="here: colours has other weights than when the index was made"):
        check_sign("here", kept, colours)
    assert not belongs(("colours", 8), kept, colours)


def test_an_index_knows_its_model_and_the_places_of_other_words(colours: Colours) -> None:
    assert belongs(("colours", 8), written_sign(colours), colours)
    assert not belongs(("colours", 8), None, colours)
    kept, made = read_others(written_others(colours), colours), read_others(None, colours)
    assert kept is not None
    assert made is not None
    np.testing.assert_allclose(kept, made, atol=1e-3)
    assert read_others("", colours) is None
