"""Values of ours as SQLite keeps them, and back."""

import os
import re
import zlib

import numpy as np
from numpy.typing import NDArray

from sensorium.space.index.types import Filter

_WORD = re.compile(r"\w+")


def packed(vector: NDArray[np.float32]) -> bytes:
    """A place [D] in 16-bit numbers: half the bytes, cosines to within 0.0005."""
    return vector.astype("<f2").tobytes()


def unpacked(blobs: list[bytes], width: int) -> NDArray[np.float32]:
    """Places [N, D] from their bytes."""
    return np.frombuffer(b"".join(blobs), "<f2").reshape(-1, width).astype(np.float32)


def path_bytes(path: str) -> bytes:
    """A path as the system has it: not all are Unicode."""
    return os.fsencode(path)


def path_text(path: bytes) -> str:
    """What `path_bytes` was given."""
    return os.fsdecode(path)


def checksum(vector: bytes, thumbnail: bytes, words: str) -> int:
    """CRC-32 over what an item has: SQLite does not see when a disk gives back other bytes."""
    return zlib.crc32(words.encode(errors="surrogatepass"), zlib.crc32(thumbnail, zlib.crc32(vector)))


def any_word(words: str) -> str:
    """A full-text query for texts that have some of these words; empty if there is none."""
    return " OR ".join(f'"{each}"' for each in dict.fromkeys(_WORD.findall(words.casefold())))


def conditions(within: Filter) -> tuple[str, list[object]]:
    """A filter as SQL over `items` and `files`, and its parameters."""
    parts: list[str] = []
    values: list[object] = []

    def add(part: str, *given: object) -> None:
        parts.append(part)
        values.extend(given)

    if within.kinds:
        add(f"items.kind IN ({', '.join('?' * len(within.kinds))})", *within.kinds)
    if within.folder is not None:
        below = path_bytes(within.folder.rstrip(os.sep) + os.sep)
        add("substr(files.path, 1, ?) = ?", len(below), below)
    if within.since is not None:
        add("files.modified >= ?", within.since)
    if within.until is not None:
        add("files.modified < ?", within.until)
    if within.begin is not None:
        add("items.finish > ?", within.begin)
    if within.end is not None:
        add("items.begin < ?", within.end)
    return " AND ".join(parts) or "1", values
