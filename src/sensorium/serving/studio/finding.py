"""Search in an index that the operator gives, for the page: hits with their thumbnails, and the files behind them.

Only what the index holds can be had, by the number of a piece; a request names no path.
"""

import base64
import mimetypes
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sensorium.media.limits import Limits
from sensorium.media.source import read_source
from sensorium.media.types import Media
from sensorium.runtime.embedding import Embedder, load_embedder
from sensorium.serving.faults import Refusal
from sensorium.space.index.page import snippet
from sensorium.space.index.query import make_query
from sensorium.space.index.search import Hit, search
from sensorium.space.index.sqlite import SqliteStore
from sensorium.space.index.types import Filter, Piece

MOST_HITS = 60


class Finder:
    """An index and its model, which is loaded when something is first searched."""

    def __init__(self, folder: Path) -> None:
        """Of the index in a folder. Raises: UsageError when there is none; UnreadableMedia when it is damaged."""
        self._folder = folder
        self._model: Embedder | None = None
        with closing(SqliteStore(folder)) as store:
            self._name = store.model

    def search(self, words: str, media: Sequence[Media], within: Filter, count: int) -> dict[str, Any]:
        """What fits best. Raises: SensoriumError."""
        if self._model is None:
            self._model = load_embedder(self._name)
        with closing(SqliteStore(self._folder)) as store:
            store.check_model(self._model)
            files = [[Piece(each.modality, each)] for each in media]
            query = make_query(self._model, files, words, others=store.others(self._model))
            results = search(store, query, count=count, within=within)
        return {"hits": [_told(hit) for hit in results.hits], "near": results.near, "damaged": len(results.damaged)}

    def file(self, item: int, limits: Limits) -> tuple[str, str, bytes]:
        """The name, the type and the bytes of the file that a piece is of. Raises: Refusal, InputError."""
        with closing(SqliteStore(self._folder)) as store:
            found = store.found([item], Filter())
        if not found or not found[0].paths:
            raise Refusal("not_found", f"item: {item} is not in the index; expected a hit. Search again.")
        path = Path(found[0].paths[0])
        given = read_source(path, limits, path.name)
        return path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream", given.data


def _told(hit: Hit) -> dict[str, Any]:
    found = hit.found
    return {
        "item": found.item,
        "name": Path(hit.path).name,
        "path": hit.path,
        "kind": hit.kind,
        **asdict(found.spot),
        "score": hit.score,
        "similarity": hit.similarity,
        "chance": hit.chance,
        "named": hit.named,
        "words": snippet(found.words),
        "thumbnail": base64.b64encode(found.thumbnail).decode(),
    }
