"""What indexing and searching cost: `python benchmarks/index_search.py pictures|vectors [--json]`.

pictures: the time to index generated pictures beside that of only decoding and embedding them, by the same threads and
in the same batches. vectors: generated vectors, a mixture of many clusters of unequal size around a common mean, as
embeddings of real media are; build time, peak memory, search time (warm, one query at a time) and recall@10 against
exact search of the store, and of FAISS and USearch used directly. Times need a machine at rest. With --folder what was
built is kept there, and used again.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

ROOT = Path(__file__).parents[1]
MODEL = str(ROOT / "tests/models/clip/golden")
WAYS = ("sensorium", "faiss", "usearch")
CLUSTERS = 5_000
QUERIES = 500
BATCH = 32
NEAR = 10


def mixture(count: int, width: int, seed: int) -> Rows:
    """Unit vectors [count, width]: a common mean, clusters of Zipf sizes, fewer and fewer variance per direction."""
    shape = np.random.default_rng(0)
    falling = (1 / np.sqrt(np.arange(1, width + 1))).astype(np.float32)
    mean = shape.standard_normal(width, np.float32)
    mean /= np.linalg.norm(mean)
    centres = shape.standard_normal((CLUSTERS, width), np.float32) * falling
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    sizes = np.arange(1, CLUSTERS + 1) ** -0.7
    random = np.random.default_rng(seed)
    made = np.empty((count, width), np.float32)
    for first in range(0, count, 50_000):
        chosen = random.choice(CLUSTERS, min(50_000, count - first), p=sizes / sizes.sum())
        around = 0.35 * falling * random.standard_normal((len(chosen), width), np.float32)
        rows = 0.8 * mean + centres[chosen] + around
        made[first : first + len(chosen)] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


def draw(folder: Path, count: int) -> None:
    """Pictures of 640 x 480: smooth colours with boxes on them, as JPEG, each another."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    for number in range(count):
        random = np.random.default_rng(number)
        small = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
        picture = small.resize((640, 480), Image.Resampling.BICUBIC)
        for _ in range(8):
            left, top = int(random.integers(0, 560)), int(random.integers(0, 400))
            red, green, blue = random.integers(0, 256, 3).tolist()
            picture.paste((red, green, blue), (left, top, left + 80, top + 80))
        picture.save(folder / f"{number:06}.jpg", quality=88)


def pictures(count: int, model: str, folder: Path) -> dict[str, Any]:
    """Index pictures, and only decode and embed them."""
    from sensorium.runtime.embedding import load_embedder
    from sensorium.space.index.build import index_paths
    from sensorium.space.index.sqlite import SqliteStore, make_index

    media = folder / "media"
    if not media.exists():
        draw(media, count)
    files = sorted(media.iterdir())[:count]
    embedder = load_embedder(model)
    _only_embed(embedder, files[: 4 * BATCH])  # warm
    plain = _seconds(lambda: _only_embed(embedder, files))
    with tempfile.TemporaryDirectory(dir=folder) as place:
        make_index(Path(place), embedder.name, embedder.width)
        store = SqliteStore(Path(place), write=True)
        whole = _seconds(lambda: index_paths(store, embedder, [media], leave_out=Path(place)))
        again = _seconds(lambda: index_paths(store, embedder, [media], leave_out=Path(place)))
        size = sum(each.stat().st_size for each in Path(place).iterdir())
        store.close()
    return {
        "pictures": len(files),
        "model": embedder.name,
        "decode_and_embed_s": plain,
        "index_s": whole,
        "ratio": whole / plain,
        "unchanged_s": again,
        "index_mb": size / 1e6,
    }


def _only_embed(embedder: Any, files: list[Path]) -> None:
    """Decode with all threads, a few files ahead, and embed in batches: what indexing adds to is all but this."""
    import os

    from sensorium.media.load import load_media

    workers = os.cpu_count() or 1
    ahead: deque[Future[Any]] = deque()
    batch: list[Any] = []
    with ThreadPoolExecutor(workers) as pool:
        for file in files:
            ahead.append(pool.submit(load_media, file))
            if len(ahead) > 4 * workers:
                batch.append(ahead.popleft().result())
            if len(batch) == BATCH:
                embedder.embed_media(batch)
                batch = []
        batch += [each.result() for each in ahead]
    if batch:
        embedder.embed_media(batch)


def vectors(count: int, width: int, folder: Path, ways: list[str]) -> list[dict[str, Any]]:
    """Each way in a process of its own, for its memory."""
    if not (folder / "truth.npy").exists():
        _process("make", "--folder", str(folder), "--count", str(count), "--width", str(width))
    told = []
    for way in ways:
        told.append({"way": way, **json.loads(_process("one", "--way", way, "--folder", str(folder)))})
    return told


def _process(*arguments: str) -> str:
    """What this file writes when it is run so: a process that was small when it began, for the sake of its peak."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments} failed with exit code {done.returncode}: {done.stderr}")
    return done.stdout


def make(count: int, width: int, folder: Path) -> dict[str, Any]:
    """Vectors, queries that are not among them, and the ten nearest of each."""
    rows, queries = mixture(count, width, 1), mixture(QUERIES, width, 2)
    np.save(folder / "rows.npy", rows)
    np.save(folder / "queries.npy", queries)
    np.save(folder / "truth.npy", exact(rows, queries))
    return {}


def exact(rows: Rows, queries: Rows) -> NDArray[np.int64]:
    """The ten nearest rows of each query: [Q, 10]."""
    best = np.full((len(queries), NEAR), -np.inf, np.float32)
    ids = np.zeros((len(queries), NEAR), np.int64)
    for first in range(0, len(rows), 50_000):
        scores = queries @ np.asarray(rows[first : first + 50_000]).T
        both = np.concatenate([best, scores], axis=1)
        kept = np.argpartition(-both, NEAR, axis=1)[:, :NEAR]
        names = np.concatenate([ids, np.broadcast_to(np.arange(scores.shape[1]) + first, scores.shape)], axis=1)
        best, ids = np.take_along_axis(both, kept, 1), np.take_along_axis(names, kept, 1)
    return ids


def one(way: str, folder: Path) -> dict[str, Any]:
    """Build and search one way. Returns: seconds, megabytes, milliseconds, recall."""
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    queries, truth = np.load(folder / "queries.npy"), np.load(folder / "truth.npy")
    started = time.perf_counter()
    search, stated = {"sensorium": _ours, "faiss": _faiss, "usearch": _usearch}[way](rows, folder)
    built = time.perf_counter() - started
    for query in queries[:20]:
        search(query)
    times, hits = [], 0
    for query, near in zip(queries, truth, strict=True):
        begun = time.perf_counter()
        found = search(query)
        times.append(1e3 * (time.perf_counter() - begun))
        hits += len(set(near.tolist()) & set(found))
    return {
        "vectors": rows.shape[0],
        "width": rows.shape[1],
        **stated,
        "build_s": built,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "median_ms": float(np.median(times)),
        "p95_ms": float(np.quantile(times, 0.95)),
        "recall_at_10": hits / (NEAR * len(queries)),
    }


Search = Callable[[Rows], list[int]]


def _ours(rows: Rows, folder: Path) -> tuple[Search, dict[str, Any]]:
    from sensorium.space.index.sqlite import SqliteStore, make_index
    from sensorium.space.index.types import Filter

    make_index(folder / "index", "generated", rows.shape[1])
    store = SqliteStore(folder / "index", write=True)
    before = store.counts().files
    with store.writing():
        for first in range(before, len(rows), 10_000):
            store.write(list(_entries(rows, first, min(first + 10_000, len(rows)))))
        store.settle()

    def search(query: Rows) -> list[int]:
        return [match.item - 1 for match in store.nearest(query, NEAR, Filter())]  # items are numbered from 1

    return search, {"stated_recall": store.counts().recall, "built_now": before < len(rows)}


def _entries(rows: Rows, first: int, last: int) -> Iterator[Any]:
    from sensorium.space.index.types import Entry, Piece, Placed, Stamp

    piece = Piece("image", None)
    for number in range(first, last):
        yield Entry(f"/{number}", Stamp(1, 1), str(number), [Placed(piece, np.asarray(rows[number]))])


def _faiss(rows: Rows, folder: Path) -> tuple[Search, dict[str, Any]]:
    """The same lists, without a store; as many of them are looked into as it takes for 0.97."""
    import faiss

    number = int(4 * len(rows) ** 0.5)
    index: Any = faiss.index_factory(rows.shape[1], f"IVF{number},SQ8", faiss.METRIC_INNER_PRODUCT)
    chosen = np.random.default_rng(0).choice(len(rows), min(len(rows), 48 * number), replace=False)
    index.train(np.asarray(rows[np.sort(chosen)]))
    for first in range(0, len(rows), 50_000):
        index.add(np.asarray(rows[first : first + 50_000]))
    queries, truth = np.load(folder / "queries.npy"), np.load(folder / "truth.npy")
    index.nprobe = 1
    while _recall(index.search(queries, NEAR)[1], truth) < 0.97 and index.nprobe < number:
        index.nprobe = min(2 * index.nprobe, number)
    probes = index.nprobe
    return lambda query: index.search(query[None], NEAR)[1][0].tolist(), {"lists": number, "probes": probes}


def _usearch(rows: Rows, folder: Path) -> tuple[Search, dict[str, Any]]:
    """HNSW of 16-bit vectors; as wide a search as it takes for 0.97."""
    from usearch.index import Index

    index: Any = Index(ndim=rows.shape[1], metric="ip", dtype="bf16", connectivity=16, expansion_add=128)
    for first in range(0, len(rows), 50_000):
        part = np.asarray(rows[first : first + 50_000])
        index.add(np.arange(first, first + len(part)), part)
    queries, truth = np.load(folder / "queries.npy"), np.load(folder / "truth.npy")
    index.expansion_search = 64
    while _recall(index.search(queries, NEAR).keys, truth) < 0.97 and index.expansion_search < 4096:
        index.expansion_search = 2 * index.expansion_search
    wide = index.expansion_search
    return lambda query: index.search(query, NEAR).keys.tolist(), {"expansion_search": wide}


def _recall(found: Any, truth: NDArray[np.int64]) -> float:
    return float(np.mean([len(set(a.tolist()) & set(b.tolist())) / NEAR for a, b in zip(found, truth, strict=True)]))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Measure; lines for people, or one JSON object per line on standard output."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("part", choices=("pictures", "vectors", "make", "one"))
    parser.add_argument("--count", type=int, help="(default: 5,000 pictures, 1,000,000 vectors)")
    parser.add_argument("--width", type=int, default=512, help="numbers of a vector (default: %(default)s)")
    parser.add_argument("--model", default=MODEL, help="that embeds the pictures (default: a tiny CLIP)")
    parser.add_argument("--way", action="append", choices=WAYS, help="(default: all)")
    parser.add_argument("--folder", type=Path, help="keep there what was built")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = given.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        if given.part == "one":
            told = [one(given.way[0], folder)]
        elif given.part == "make":
            told = [make(given.count, given.width, folder)]
        elif given.part == "pictures":
            told = [pictures(given.count or 5_000, given.model, folder)]
        else:
            told = vectors(given.count or 1_000_000, given.width, folder, given.way or list(WAYS))
    for each in told:
        print(json.dumps(each) if given.json or given.part == "one" else _line(each))


def _line(told: dict[str, Any]) -> str:
    return "  ".join(
        f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in told.items()
    )


if __name__ == "__main__":
    main()
