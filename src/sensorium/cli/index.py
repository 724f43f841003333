"""`sensorium index`: folders of media, made searchable."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorium.cli.console import note, write, write_json
from sensorium.cli.embed import open_space
from sensorium.cli.inputs import AsJson
from sensorium.cli.storing import IndexFolder, index_folder, shown_index
from sensorium.core.errors import UnreadableMedia, UsageError

if TYPE_CHECKING:
    from sensorium.space.index.build import Progress, Report
    from sensorium.space.index.opening import AnyStore
    from sensorium.space.index.types import Refusal

DEFAULT = "nano-space"
EXAMPLES = 20
NOTED_EVERY = 10.0
"""Seconds between two lines about how far it is, where there is no terminal."""


def index(
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Folders and files.")] = None,
    *,
    folder: IndexFolder = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="M",
            help=f"A model that embeds, for a new index.  [default: {DEFAULT}]",
            show_default=False,
        ),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option("--forget", metavar="PATH", help="Take a file or a folder out of the index.", show_default=False),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Read again what could not be read before.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Embed all that is in the index anew: for another model, or new weights.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make folders searchable: pictures, sounds, films, PDF and text.

    Run it again and only what changed is read; stop it and it goes on where it was. What is no longer there leaves the
    index with all its bytes. Exit code 3 when a file could not be read; all others are in the index then.
    """
    if not paths and not forget and not again:
        raise UsageError("There is nothing to index; expected folders or files. Write: sensorium index ~/Pictures")
    where = index_folder(folder)
    forgotten = _forget(where, forget) if forget else 0
    renewed = _again(where, model) if again else None
    report = _index(where, paths, model, retry) if paths else renewed
    if as_json:
        write_json({"index": shown_index(where), "forgotten": forgotten, **_as_dict(report)})
    else:
        if forget:
            write(f"{_files(forgotten)} taken out of {shown_index(where)}")
        if report is not None:
            _tell(report)
    if report is not None and _failed(report, paths or []):
        raise typer.Exit(UnreadableMedia.exit_code)


def _forget(where: Path | str, paths: list[str]) -> int:
    from sensorium.space.index.build import forget
    from sensorium.space.index.opening import open_store

    with closing(open_store(where, write=True)) as store:
        return forget(store, paths)


def _again(where: Path | str, model: str | None) -> "Report":
    from sensorium.space.index.build import index_again
    from sensorium.space.index.opening import open_store

    with closing(open_store(where, write=True)) as store, _watching() as progress:
        return index_again(store, open_space(_named(model) or store.model), progress=progress)


def _index(where: Path | str, paths: list[str], model: str | None, retry: bool) -> "Report":
    from sensorium.space.index.build import index_paths
    from sensorium.space.index.walk import roots_of

    roots_of(paths)
    with _opened(where, model) as (store, embedder), _watching() as progress:
        inside = where if isinstance(where, Path) else Path(os.devnull)
        return index_paths(store, embedder, paths, leave_out=inside, retry=retry, progress=progress)


@contextmanager
def _opened(where: Path | str, model: str | None) -> "Iterator[tuple[AnyStore, Any]]":
    """The store, made if need be, and the model that it is of."""
    from sensorium.space.index.opening import kept_model, make_store, open_store

    embedder = open_space(_named(model) or kept_model(where) or DEFAULT)
    make_store(where, embedder.name, embedder.width)
    with closing(open_store(where, write=True)) as store:
        store.check_model(embedder)
        yield store, embedder
        if store.notice:
            note(store.notice)


def _named(model: str | None) -> str | None:
    """A model as an index knows it: a folder by its whole path."""
    return str(Path(model).absolute()) if model is not None and Path(model).is_dir() else model


def _failed(report: "Report", paths: list[str]) -> bool:
    """Whether a file could not be read, or one that was named is of a kind that is not."""
    named = {str(Path(path).absolute()) for path in paths}
    return bool(report.damaged) or any(each.path in named for each in report.refused)


def _tell(report: "Report") -> None:
    done = [f"{_files(report.stored)} read and stored"]
    for count, what in (
        (report.known, "moved or copied"),
        (report.unchanged, "unchanged"),
        (report.removed, "no longer there"),
    ):
        if count:
            done.append(f"{count:,} {what}")
    write(", ".join(done))
    for kind, count in report.by_words.items():
        why = "the model does not take them, or they are too short to mean something"
        write(f"{count:,} pieces of kind {kind} are found by words alone: {why}")
    others = [each for each in report.refused if each.fault == "unsupported"]
    if others:
        write(f"{_files(len(others))} of other formats: {_formats(others)}")
    for each in report.damaged[:EXAMPLES]:
        note(f"{each.path}: {each.reason}")
    if len(report.damaged) > EXAMPLES:
        note(f"and {len(report.damaged) - EXAMPLES:,} more that could not be read; --json lists them all")


def _formats(others: "list[Refusal]") -> str:
    """What the most of them are."""
    kinds = Counter(Path(each.path).suffix.lower() or "no ending" for each in others).most_common(5)
    more = ", …" if len({Path(each.path).suffix.lower() for each in others}) > len(kinds) else ""
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds) + more


def _as_dict(report: "Report | None") -> dict[str, Any]:
    if report is None:
        return {}
    refused = [{"file": each.path, "fault": each.fault, "reason": each.reason} for each in report.refused]
    counts = {name: getattr(report, name) for name in ("stored", "known", "unchanged", "removed")}
    return {**counts, "by_words": dict(report.by_words), "refused": refused}


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


@contextmanager
def _watching() -> "Iterator[Progress]":
    """A function to be told how far it is: a bar on a terminal, else a line now and then; Ctrl-C says what stays."""
    begun = noted = monotonic()
    done = 0

    def line(now: int, of: int) -> str:
        return f"{now:,} of {_files(of)}, {now / max(monotonic() - begun, 1e-9):.1f} files/s"

    def tell(now: int, of: int) -> None:
        nonlocal noted, done
        done = now
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{line(now, of)}\x1b[K")
            sys.stderr.flush()
        elif monotonic() - noted > NOTED_EVERY:
            noted = monotonic()
            note(line(now, of))

    try:
        yield tell
    except KeyboardInterrupt:
        note(f"\nstopped; {_files(done)} of this run are stored, the same command goes on from there")
        raise
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
