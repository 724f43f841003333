"""Pictures from files and texts get places of unit length; what is no picture is refused."""

from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia, UnsupportedMedia, UsageError
from sensorium.media.types import AudioClip, Document, Image
from sensorium.runtime.embedding import Embedder, load_embedder

CLIP = Path(__file__).parents[1] / "models" / "clip" / "golden"


@pytest.fixture
def embedder() -> Embedder:
    return load_embedder(str(CLIP))


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (40, 60, 3), np.uint8))


def test_pictures_and_texts_lie_on_one_sphere(embedder: Embedder) -> None:
    pictures, texts = embedder.embed(picture(0), picture(1)), embedder.embed_texts(["a cat", "a dog"])
    assert pictures.shape == texts.shape == (2, embedder.width)
    np.testing.assert_allclose(np.linalg.norm([*pictures, *texts], axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(embedder.embed(picture(1)), pictures[1], atol=1e-5)
    assert not np.allclose(pictures[0], pictures[1])


def test_chances_of_names_add_up(embedder: Embedder) -> None:
    chances = embedder.classify(picture(0), ["a cat", "a dog"])
    assert list(chances) == ["a cat", "a dog"]
    assert sum(chances.values()) == pytest.approx(1.0, abs=1e-5)


def test_a_model_that_was_not_trained_to_be_cut_is_not(embedder: Embedder) -> None:
    with pytest.raises(UsageError, match=r"dimensions: got 7; the places of .* have 24 numbers"):
        load_embedder(str(CLIP), dimensions=7)
    assert embedder.modalities == ("text", "image")


def test_a_text_file_counts_as_text(embedder: Embedder) -> None:
    np.testing.assert_array_equal(embedder.embed(Document("a cat")), embedder.embed_texts(["a cat"])[0])


def test_templates_count(embedder: Embedder) -> None:
    names = ["a cat", "a dog"]
    found = [embedder.classify(picture(0), names, templates=each) for each in (None, ["{}"], ["no {} here"])]
    assert len({each["a cat"] for each in found}) == 3


def test_nothing_and_lists_of_media(embedder: Embedder) -> None:
    assert embedder.embed_media([]).shape == (0, embedder.width)
    np.testing.assert_allclose(embedder.embed_media([picture(0)])[0], embedder.embed(picture(0)), atol=1e-6)


def test_sounds_are_refused(embedder: Embedder) -> None:
    with pytest.raises(UnsupportedMedia, match="embeds pictures and texts, not audio"):
        embedder.embed(AudioClip(np.zeros(100, np.float32)))


def test_models_that_do_not_embed(tiny_folder: Path) -> None:
    with pytest.raises(UsageError, match="is of the family nano; expected a model that embeds"):
        load_embedder(str(tiny_folder))
    with pytest.raises(UsageError, match=r"'nano' is of another kind; .*sensorium ask --model nano"):
        load_embedder("nano")


def test_words_in_place_of_a_file_are_told_where_they_go(embedder: Embedder, tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match=r"a dog: no such file .*\. Words are for embed_texts\."):
        embedder.embed("a dog")
    (tmp_path / "a.png").touch()
    with pytest.raises(UnreadableMedia, match=r"a\.png: empty .* whole\.$"):
        embedder.embed(str(tmp_path / "a.png"))


def test_decoded_pictures_are_taken(embedder: Embedder) -> None:
    np.testing.assert_array_equal(embedder.embed(picture(0).pixels), embedder.embed(picture(0)))


def test_what_is_no_name_and_what_a_prompt_shows(embedder: Embedder) -> None:
    with pytest.raises(UsageError, match="model: got a NoneType"):
        load_embedder(None)  # type: ignore[arg-type]
    assert repr(embedder) == f"Embedder({str(CLIP)!r})"
