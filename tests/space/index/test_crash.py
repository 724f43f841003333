"""kill -9 at every statement that writes: the index opens in the old or the new state, with all that was acknowledged.

One child process runs the story; for each point it forks a grandchild that kills itself there.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("faiss")

STORY = '''
import hashlib, json, os, signal, shutil, sqlite3, sys
from pathlib import Path
import numpy as np
from sensorium.core import files
from sensorium.space.index import schema, vectors
from sensorium.space.index.sqlite import SqliteStore, make_index
from sensorium.space.index.types import Entry, Filter, Piece, Placed, Stamp

root = Path(sys.argv[1])
ROWS = np.random.default_rng(0).standard_normal((80, 8)).astype(np.float32)
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)

def mark(number):
    """A word that nothing else holds, by chance or in part: the index of words leaves out what terms begin with."""
    return hashlib.sha256(b"%d" % number).hexdigest()[:24]

def entry(number, name=None, words="kept"):
    piece = Piece("text", None, words=f"{words} {mark(number)}", thumbnail=b"t" + mark(number).encode())
    return Entry(f"/{name or number}", Stamp(1, number), f"d{number}", [Placed(piece, ROWS[number])])

def story(folder, tell):
    """Add, replace, move, remove, settle; `tell` what is acknowledged."""
    make_index(folder, "m", 8)
    store = SqliteStore(folder, write=True, few=40)
    with store.writing():
        store.write([entry(n) for n in range(45)]); tell("added")
        store.settle(); tell("settled")
        store.write([entry(45, name="5")]); tell("replaced")
        store.write([Entry("/moved", Stamp(1, 1), "d7", None)]); tell("copied")
        store.remove(["/7", "/9"]); tell("removed")
        store.settle(); tell("erased")

def state(folder):
    """The paths that are there; everything else must agree with them."""
    store = SqliteStore(folder, write=True, few=40)
    with store.writing():
        for settled in (False, True):
            if settled:
                store.settle()
            stamps, counts = store.stamps(), store.counts()
            near = store.nearest(ROWS[0], 100, Filter())
            worded = store.matching("kept", 100, Filter())
            found = store.found([m.item for m in near], Filter())
            paths = sorted(p for each in found for p in each.paths)
            assert all(each.intact and each.paths and each.thumbnail for each in found), "half an item"
            assert {m.item for m in near} == {m.item for m in worded}, "words and places differ"
            assert len(near) == counts.pieces == len({m.item for m in near}), "counts differ"
            assert paths == sorted(stamps), "files and items differ"
            assert store._base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert {m.item for m in store.nearest(ROWS[3], 5, Filter())} <= {m.item for m in near}
    left = [f.name for f in folder.iterdir() if f.suffix not in (".sqlite", ".lock")
            and not f.name.endswith(("-wal", "-shm"))]
    assert len(left) <= 1 and all(name.endswith(".lists") for name in left), left
    erased = all(mark(9)[-16:].encode() not in f.read_bytes() for f in folder.iterdir())
    assert "/9" in stamps or erased, "bytes of what was removed"
    store.close()
    return sorted(stamps)

def counting(kill_at):
    """Count the points at which something is about to be written; end there without a word."""
    points = 0
    def point(*_):
        nonlocal points
        points += 1
        if points == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return points
    connect = schema.connect
    def traced(folder, *, write):
        base = connect(folder, write=write)
        base.set_trace_callback(point)
        return base
    import sensorium.space.index.sqlite as module
    module.connect = traced
    for name in ("replace", "fsync"):
        real = getattr(os, name)
        setattr(os, name, lambda *a, real=real: (point(), real(*a))[1])
    unlink = Path.unlink
    Path.unlink = lambda self, **k: (point(), unlink(self, **k))[1]
    return lambda: points

def child(folder, kill_at):
    told = os.open(f"{folder}.told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    count = counting(kill_at)
    story(folder, lambda word: os.write(told, word.encode() + b"\\n"))
    os.write(told, f"points {count()}\\n".encode())

def forked(*arguments):
    pid = os.fork()
    if pid == 0:
        try:
            child(*arguments)
        except BaseException:
            import traceback; traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]

after = {
    "": None,
    "added": {f"/{n}" for n in range(45)},
    "removed": {f"/{n}" for n in range(45) if n not in (7, 9)} | {"/moved"},
}
after["settled"] = after["replaced"] = after["added"]
after["copied"] = after["added"] | {"/moved"}
after["erased"] = after["removed"]
order = ["", "added", "settled", "replaced", "copied", "removed", "erased"]

assert forked(root / "whole", 0) == 0
points = int((root / "whole.told").read_text().split()[-1])
step = int(sys.argv[2])
tried = 0
for kill_at in range(1, points + 1, step):
    folder = root / f"at{kill_at}"
    assert forked(folder, kill_at) == signal.SIGKILL, kill_at
    told = (root / f"at{kill_at}.told").read_text().split()
    done = told[-1] if told else ""
    if not (folder / schema.DATABASE).is_file():
        assert done == ""
        continue
    paths = set(state(folder))
    following = order[min(order.index(done) + 1, len(order) - 1)]
    allowed = [after[done] or set(), after[following]]
    assert paths in allowed, (kill_at, done, sorted(paths))
    shutil.rmtree(folder)
    tried += 1
print(json.dumps({"points": points, "tried": tried}))
'''


@pytest.mark.parametrize("step", [31, pytest.param(1, marks=pytest.mark.slow)])
def test_kill_at_every_write_point(tmp_path: Path, step: int) -> None:
    command = [sys.executable, "-c", STORY, str(tmp_path), str(step)]
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}  # a team of threads does not survive a fork, and faiss would wait
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=alone)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["points"] > 300
    assert told["tried"] >= (told["points"] - 20) // step - 1
