"""A stored space puts texts and media where it did (make_golden.py); so does each family through `sensorium.load`."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.models.nano_space.make_golden import EXPECTED, FOLDER, items

import sensorium
from sensorium.media.types import Media
from sensorium.models.nano_space.folder import load_space

MODELS = Path(__file__).parents[1]


def test_a_folder_gives_the_places_that_it_gave() -> None:
    expected = json.loads(EXPECTED.read_text())["places"]
    space = load_space(FOLDER)
    np.testing.assert_allclose(space.embed(items()), expected, atol=1e-4)
    assert (space.dimensions, space.sharpness("image")) == ((24, 8), 12.0)


@pytest.mark.parametrize("family", ["nano_space", "clip", "siglip"])
def test_every_family_gives_them_through_load(family: str) -> None:
    folder = MODELS / family / "golden"
    model = sensorium.load(folder)
    path = EXPECTED if family == "nano_space" else folder / "expected.json"
    expected = json.loads(path.read_text())
    if family == "nano_space":
        media = [each for each in items() if isinstance(each, Media)]
        texts = [each for each in items() if isinstance(each, str)]
        np.testing.assert_allclose(model.embed(*media), expected["places"][len(texts) :], atol=1e-4)
        np.testing.assert_allclose(model.embed_texts(texts), expected["places"][: len(texts)], atol=1e-4)
        return
    from tests.models.dual.folders import TEXTS, images

    np.testing.assert_allclose(model.embed(*images()), expected["images"], atol=1e-4)
    np.testing.assert_allclose(model.embed_texts(TEXTS), expected["texts"], atol=1e-4)
