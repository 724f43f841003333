"""`sensorium search`: find what was indexed by words, by a picture, by a sound, or by both."""

import os
import re
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorium.cli.console import note, write, write_json
from sensorium.cli.embed import open_space
from sensorium.cli.inputs import AsJson
from sensorium.cli.options import spread
from sensorium.cli.outputs import check_output
from sensorium.cli.storing import IndexFolder, index_folder
from sensorium.core.errors import UsageError
from sensorium.core.files import write_atomic

if TYPE_CHECKING:
    from sensorium.space.index.opening import AnyStore
    from sensorium.space.index.query import Query
    from sensorium.space.index.search import Hit, Results
    from sensorium.space.index.types import Filter

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Within:
    """What a search is held to, as it is written on the command line."""

    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="K", help="image, audio, video, document or text.")
    ] = None
    below: Annotated[str | None, typer.Option("--folder", metavar="PATH", help="Files in it.")] = None
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Files changed then or later: 2026-05-31.")
    ] = None
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Files changed then or before.")] = None
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="In sounds and films: seconds, or 1:30.")
    ] = None
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="In sounds and films.")] = None

    def filter(self) -> "Filter":
        """As the index takes it. Raises: UsageError."""
        from sensorium.space.index.types import KINDS, Filter

        kinds = tuple(each for each in KINDS if each in (self.kind or []))
        if wrong := set(self.kind or []) - set(KINDS):
            raise UsageError(f"--kind: got '{min(wrong)}'; expected {', '.join(KINDS)}. Give one of these.")
        below = None if self.below is None else os.path.abspath(self.below)  # noqa: PTH100
        return Filter(
            kinds,
            below,
            since=_moment(self.since, "--since"),
            until=_moment(self.until, "--until", end=True),
            begin=_seconds(self.begin, "--from"),
            end=_seconds(self.end, "--to"),
        )


@spread
def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="Words, files, or both.", show_default=False)],
    *,
    folder: IndexFolder = None,
    top: Annotated[int, typer.Option("--top", min=1, max=1_000, metavar="N", help="How many to show.")] = 10,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write a page with pictures and players there.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the best one, or the page.")] = False,
    as_json: AsJson = False,
    within: Within,
) -> None:
    """Find in an index: sensorium search "a red car at night", search hum.wav, search photo.jpg "but in blue".

    What exists as a file is one, all else is words. Words are looked for in what pictures show and recordings sound
    like, in texts, and in the names of files.
    """
    held = within.filter()
    page = None if html is None else check_output(html, "--html")
    results = _search(index_folder(folder), query, top, held)
    if page is not None:
        _write_page(page, " + ".join(query), results)
    if as_json:
        hits = [_as_dict(rank, hit) for rank, hit in enumerate(results.hits, 1)]
        write_json({"query": query, "near": results.near, "hits": hits, "damaged": results.damaged})
    else:
        for rank, hit in enumerate(results.hits, 1):
            write(_line(rank, hit))
        _tell(results)
    for path in results.damaged:
        note(f"{path}: what the index has of it is damaged; index it again: sensorium index --forget it first")
    if show and (page is not None or results.hits):
        typer.launch(str(page) if page is not None else results.hits[0].path)


def _search(where: Path | str, query: list[str], top: int, held: "Filter") -> "Results":
    from sensorium.space.index.opening import open_store
    from sensorium.space.index.search import search as run

    with closing(open_store(where)) as store:
        if store.notice:
            note(store.notice)
        if waiting := len(store.waiting()):
            note(f"{waiting:,} files wait to be embedded anew, and are not found: sensorium index --again")
        return run(store, _query(store, query), count=top, within=held)


def _query(store: "AnyStore", given: list[str]) -> "Query":
    from sensorium.space.index.query import make_query
    from sensorium.space.index.reading import read_pieces

    paths = [each for each in given if os.path.isfile(each)]  # noqa: PTH113 (Path may raise)
    words = " ".join(each for each in given if each not in paths)
    model = open_space(store.model)
    store.check_model(model)
    files = [read_pieces(path, model.modalities) for path in paths]
    return make_query(model, files, words, others=store.others(model))


def _write_page(page: Path, asked: str, results: "Results") -> None:
    from sensorium.space.index.page import as_page

    try:
        write_atomic(page, as_page(asked, results).encode(errors="replace"))
    except OSError as error:
        raise UsageError(f"{page}: {error.strerror or error}; expected to write there. Give another --html.") from error
    note(f"the page is {page}")


def _tell(results: "Results") -> None:
    """Say when there is nothing, or nothing near."""
    from sensorium.space.index.page import FAR

    if not results.hits:
        note("nothing was found")
    elif not results.near:
        note(FAR)


def _line(rank: int, hit: "Hit") -> str:
    from sensorium.space.index.page import how, snippet, where

    place = where(hit.found.spot)
    words = snippet(hit.found.words)
    parts = [f"{rank}.", hit.kind, _from_here(hit.path), place, how(hit), words and f"“{words}”"]
    return "  ".join(part for part in parts if part)


def _as_dict(rank: int, hit: "Hit") -> dict[str, Any]:
    spot = {name: value for name, value in asdict(hit.found.spot).items() if value is not None}
    near, chance = (None if each is None else round(each, 6) for each in (hit.similarity, hit.chance))
    return {
        "rank": rank,
        "path": hit.path,
        "copies": list(hit.found.paths[1:]),
        "kind": hit.kind,
        **spot,
        "score": round(hit.score, 6),
        "similarity": near,
        "chance": chance,
        "named": hit.named,
        "words": hit.found.words,
    }


def _moment(date: str | None, option: str, *, end: bool = False) -> int | None:
    """Nanoseconds of a date here, or of its end. Raises: UsageError."""
    if date is None:
        return None
    try:
        moment = datetime.fromisoformat(date)
    except ValueError as error:
        raise UsageError(f"{option}: got '{date}'; expected a date such as 2026-05-31. Write it so.") from error
    if end and len(date) <= len("2026-05-31"):
        moment += timedelta(days=1)
    return int(moment.timestamp() * 1e9)


def _seconds(time: str | None, option: str) -> float | None:
    """Seconds of "90", "1:30" or "0:01:30". Raises: UsageError."""
    if time is None:
        return None
    found = _CLOCK.fullmatch(time.strip())
    if found is None:
        raise UsageError(f"{option}: got '{time}'; expected seconds, or minutes and seconds as 1:30. Write it so.")
    hours, minutes, seconds = (float(each or 0) for each in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _from_here(path: str) -> str:
    """The path as it is called from this folder, if it lies in it."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
