"""A folder of media, and an index of it by a model that sees colours."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.space.index.colours import Colours, paint, play

from sensorium.space.index.opening import AnyStore, make_store, open_store
from sensorium.space.index.sqlite import SqliteStore, make_index


@pytest.fixture
def colours() -> Colours:
    return Colours()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Pictures, a sound, a text, and what cannot be read."""
    folder = tmp_path / "media"
    for colour in ("red", "green", "blue"):
        paint(folder / "pictures" / f"{colour}.png", colour)
    play(folder / "hum.wav", 100)
    (folder / "notes.txt").write_text("The lighthouse keeper wrote every evening.\n\nIn winter he painted boats.")
    (folder / "broken.png").write_bytes((folder / "pictures" / "red.png").read_bytes()[:40])
    (folder / "thing.bin").write_bytes(bytes(range(256)) * 4)
    (folder / ".hidden.txt").write_text("hidden")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the index."""
    return tmp_path / "index"


@pytest.fixture
def store(folder: Path, colours: Colours) -> Iterator[SqliteStore]:
    make_index(folder, colours.name, colours.width)
    opened = SqliteStore(folder, write=True)
    yield opened
    opened.close()


def _programs() -> Path | None:
    """The folder of PostgreSQL's programs."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return places[-1] if places else None


def _user() -> str:
    """Who runs a server here: root may not."""
    if os.getuid():
        return getpass.getuser()
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """A PostgreSQL server of its own, reached through a socket in the folder; its data lie in `data`."""
    pytest.importorskip("psycopg")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = _user() if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    data = str(folder / "data")

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", data, *arguments]
        subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    try:
        call("initdb", "-A", "trust", "-U", "tester", "--no-sync", "-E", "UTF8")
        call("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -h '' -F", "start")
        try:
            yield folder
        finally:
            call("pg_ctl", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder)


_NUMBERS = count()


@pytest.fixture(scope="session")
def new_database(cluster: Path) -> Callable[[], str]:
    """Makes an empty database and gives its address."""
    import psycopg

    def make() -> str:
        name = f"base{next(_NUMBERS)}"
        with psycopg.connect(f"postgresql://tester@/postgres?host={cluster}", autocommit=True) as base:
            if not base.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone():
                pytest.skip("pgvector is not installed")
            base.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://tester@/{name}?host={cluster}"

    return make


@pytest.fixture(params=["folder", pytest.param("server", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, folder: Path) -> Path | str:
    """Where an index may be made: a folder, or a database on a server."""
    if request.param == "folder":
        return folder
    made: str = request.getfixturevalue("new_database")()
    return made


@pytest.fixture
def any_store(address: Path | str, colours: Colours) -> Iterator[AnyStore]:
    """One of each kind."""
    make_store(address, colours.name, colours.width)
    opened = open_store(address, write=True)
    yield opened
    opened.close()
