"""The store on a server: lists, durability, and what is gone from the disk of the server."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.space.index.filling import entry, names, near
from tests.space.index.test_vectors import entries, places

from sensorium.cli.main import main
from sensorium.core.errors import UsageError
from sensorium.space.index.postgres import PostgresStore
from sensorium.space.index.types import Filter

pytestmark = pytest.mark.slow
CANARY = "xylophonequartz"


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    made = new_database()
    PostgresStore.make(made, "m", 8)
    return made


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    opened = PostgresStore(url, write=True)
    yield opened
    opened.close()


def test_lists_find_what_comparing_all_finds(new_database: Callable[[], str]) -> None:
    url = new_database()
    PostgresStore.make(url, "m", 16)
    store = PostgresStore(url, write=True, few=300)
    store.write(entries(places(1000, 1)))
    store._base.execute("SET enable_seqscan = off")
    assert "hnsw" not in str(store._rows("EXPLAIN SELECT count(*) FROM items"))
    plan = store._rows("EXPLAIN SELECT id FROM items WHERE vector IS NOT NULL ORDER BY vector <#> '[1]' LIMIT 5")
    assert "items_vector_idx" in str(plan)
    store.settle()
    recall = store.counts().recall
    assert recall is not None
    assert recall >= 0.97
    store.write(entries(places(400, 5), 1000, folder="b"))
    one = store.nearest(places(400, 5)[0], 10, Filter(folder="/b"))
    assert (one[0].item, min(each.item for each in one) > 1000) == (1001, True)
    store.close()


def test_a_rarer_word_is_worth_more(store: PostgresStore) -> None:
    store.write([entry(name, words="the keeper of boats") for name in "abcd"])
    store.write([entry("e", words="a lighthouse in the sea")])
    found = names(store, [match.item for match in store.matching("keeper lighthouse", 9, Filter())])
    assert (found[0], len(found)) == ("e", 5)


def test_a_batch_is_stored_whole_or_not_at_all(store: PostgresStore) -> None:
    wide = entries(places(1, 1))  # 16 numbers, where 8 are kept
    with pytest.raises(UsageError, match="expected 8 dimensions, not 16; expected to read and write"):
        store.write([entry("a"), *wide])
    assert store.counts().files == 0


def test_what_the_server_changed_is_noticed(store: PostgresStore) -> None:
    store.write([entry("a"), entry("b", 1)])
    store._base.execute("UPDATE items SET thumbnail = 'x' WHERE id = 1")
    assert [each.intact for each in store.found([1, 2], Filter())] == [False, True]


def test_what_was_removed_leaves_no_bytes(store: PostgresStore, cluster: Path) -> None:
    def left(mark: bytes) -> bool:
        store._base.execute("CHECKPOINT")
        files = [file for file in (cluster / "data").rglob("*") if file.is_file() and "pg_wal" not in file.parts]
        return any(mark in file.read_bytes() for file in files)

    gone = entry("secretname.png", words=f"the {CANARY} page")
    assert gone.placed
    vector = gone.placed[0].vector
    assert vector is not None
    store.write([entry(f"other{number}", number % 7, words="other words") for number in range(50)])
    store.write([gone])
    marks = [b"secretname", CANARY.encode(), b"thumbnail of secretname", vector.astype("<f2").tobytes()]
    store.settle()
    assert all(left(mark) for mark in marks)
    store.remove([gone.path])
    store.settle()
    assert [mark for mark in marks if left(mark)] == []
    assert near(store, 6)[0].startswith("other")


KILLED = """
import os, signal, sys
import numpy as np
from tests.space.index.filling import entry
from sensorium.space.index.postgres import PostgresStore
store = PostgresStore(sys.argv[1], write=True)
with store.writing():
    store.write([entry("kept")])
    add = store._add
    store._add = lambda *a: (add(*a), os.kill(os.getpid(), signal.SIGKILL))
    store.write([entry("lost")])
"""


def test_what_was_acknowledged_survives_the_process_and_the_lock_does_not(store: PostgresStore, url: str) -> None:
    root = Path(__file__).parents[3]
    path = {"PYTHONPATH": f"{root}:{root}/src"}
    done = subprocess.run([sys.executable, "-c", KILLED, url], cwd=root, env=path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert near(store, 0) == ["kept"]
    with store.writing():
        store.write([entry("lost")])
    assert store.counts().files == 2


def test_a_database_without_an_index(new_database: Callable[[], str]) -> None:
    url = new_database()
    assert PostgresStore.kept_model(url) is None
    with pytest.raises(UsageError, match="there is no index in it; expected one"):
        PostgresStore(url)


def test_places_survive_to_the_bit(store: PostgresStore) -> None:
    store.write([entry("a")])
    rows = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    store.write(entries(rows))
    assert all(each.intact for each in store.found(range(1, 42), Filter()))


def test_the_command_line_takes_an_address(
    new_database: Callable[[], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = new_database()
    golden = Path(__file__).parents[2] / "models/clip/golden"
    (tmp_path / "tale.txt").write_text("a keeper")
    assert main(["index", str(tmp_path), "--index", url, "--model", str(golden)]) == 0
    assert main(["index", str(tmp_path), "--index", url]) == 0  # the index knows its model
    assert "1 unchanged" in capsys.readouterr().out
    assert main(["search", "keeper", "--index", url]) == 0
    assert "tale.txt" in capsys.readouterr().out
    assert main(["index", "--forget", str(tmp_path), "--index", url]) == 0
    assert capsys.readouterr().out == f"1 file taken out of {url.partition('?')[0]}\n"
