"""The house's own embedder is a model of the space."""

from sensorium.runtime.embedding import Embedder
from sensorium.space.index.types import SpaceModel


def test_the_embedder_is_one() -> None:
    made: type[SpaceModel] = Embedder
    assert {"name", "width", "modalities", "embed_media", "embed_texts"} <= {*dir(made), "name"}
