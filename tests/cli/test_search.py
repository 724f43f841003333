"""`search`: queries, filters, pages."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensorium.cli.search import Within
from sensorium.core.errors import UsageError

Run = Callable[..., Any]
ROOT = Path(__file__).parents[2]
CLIP = str(ROOT / "tests/models/clip/golden")
SAMPLES = ROOT / "src/sensorium/models/nano/samples"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three pictures, a film and a text."""
    from sensorium.cli.main import main

    folder = tmp_path_factory.mktemp("search")
    media = folder / "media"
    media.mkdir()
    for name in ("boot.png", "digit.png", "squares.png", "moving.mp4"):
        (media / name).write_bytes((SAMPLES / name).read_bytes())
    (media / "tale.txt").write_text("a keeper")
    os.utime(media / "boot.png", (1_000_000_000, 1_000_000_000))
    assert main(["index", str(media), "--index", str(folder / "index"), "--model", CLIP]) == 0
    return folder / "index"


def names(done: Any) -> list[str]:
    return [Path(hit["path"]).name for hit in json.loads(done.out)["hits"]]


def test_words_of_a_text_and_of_a_name(run: Run, index: Path) -> None:
    done = run("search", "keeper", "--index", str(index))
    assert done.code == 0
    rank, kind, path, how, words = done.out.splitlines()[0].split("  ")
    assert (rank, kind, path, words) == ("1.", "text", str(index.parent / "media/tale.txt"), "“a keeper”")
    assert how.startswith("its words, cosine 0.")
    assert names(run("search", "squares", "--index", str(index), "--json", "--top", "1")) == ["squares.png"]


def test_a_picture_finds_itself(run: Run, index: Path) -> None:
    done = run("search", str(SAMPLES / "digit.png"), "--index", str(index), "--json", "--top", "2")
    assert names(done)[0] == "digit.png"
    assert json.loads(done.out)["hits"][0]["similarity"] == pytest.approx(1.0, abs=1e-3)


def test_when_nothing_is_near_it_says_so(run: Run, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("search", "zebra", "--index", str(index), "--kind", "image")
    monkeypatch.setattr("sensorium.space.index.search.NEAR", 1.0)
    done = run(*given)
    assert len(done.out.splitlines()) == 3  # they are shown nevertheless
    assert done.err.startswith("Nothing near was found: of no hit the words are likelier than 33%, beside 32 others")
    told = json.loads(run(*given, "--json").out)
    assert told["near"] is False
    assert [hit["rank"] for hit in told["hits"]] == [1, 2, 3]
    assert all(0 < hit["chance"] < 1 and not hit["named"] for hit in told["hits"])
    assert json.loads(run("search", "boot", *given[2:], "--json").out)["near"] is True


def test_filters(run: Run, index: Path) -> None:
    def only(*options: str) -> set[str]:
        return set(names(run("search", "x", "--index", str(index), "--json", *options)))

    assert only("--kind", "video") == {"moving.mp4"}
    assert only("--kind", "video", "--kind", "text") == {"moving.mp4", "tale.txt"}
    assert only("--until", "2001-09-09") == {"boot.png"}
    assert "boot.png" not in only("--since", "2001-09-10")
    assert only("--from", "0", "--to", "0:01") == {"moving.mp4"}
    assert only("--folder", str(index)) == set()


def test_a_page(run: Run, index: Path, tmp_path: Path) -> None:
    done = run("search", "keeper", "--index", str(index), "--html", str(tmp_path / "page.html"))
    assert "the page is" in done.err
    page = (tmp_path / "page.html").read_text()
    assert "<h1>keeper</h1>" in page
    assert page.count("<figure>") == 5


def test_opening(run: Run, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    run("search", "keeper", "--index", str(index), "--open")
    assert [Path(each).name for each in opened] == ["tale.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--kind", "film"), "--kind: got 'film'; expected image, audio, video, document, text."),
        (("--since", "yesterday"), "--since: got 'yesterday'; expected a date such as 2026-05-31."),
        (("--from", "1:2:3:4"), "--from: got '1:2:3:4'; expected seconds, or minutes and seconds as 1:30."),
        (("--from", "2", "--to", "1"), "The first second of the search is not before the last"),
        (("--html", "/"), "--html is '/': no file can be there"),
    ],
)
def test_wrong_use_is_told_before_the_model_loads(
    run: Run, index: Path, options: tuple[str, ...], message: str
) -> None:
    done = run("search", "x", "--index", str(index), *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_no_index(run: Run, tmp_path: Path) -> None:
    done = run("search", "x", "--index", str(tmp_path))
    assert (done.code, "there is no index in it" in done.err) == (2, True)


def test_times_and_dates_as_written() -> None:
    held = Within(begin="1:30", end="1:00:00.5", since="2026-05-31", until="2026-05-31").filter()
    assert (held.begin, held.end) == (90.0, 3600.5)
    assert held.since is not None
    assert held.until is not None
    assert held.until - held.since == 24 * 3600 * 10**9
    with pytest.raises(UsageError, match="--from"):
        Within(begin="soon").filter()
