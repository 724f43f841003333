"""The cache of the Hub's own tools on this disk, so that a model fetched by any of them is there for all.

    models--org--name/refs/main                      which commit a branch or tag was when it was fetched
    models--org--name/blobs/<hash>                   files by their content; <hash>.incomplete while they arrive
    models--org--name/snapshots/<commit>/config.json links to blobs
    models--org--name/sensorium/<commit>.json        ours: names and sizes of a snapshot, once all are there

Other tools fetch file by file and say nowhere that they are done, so a snapshot without that list may be lacking
something.
"""

import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sensorium.core.errors import CheckpointError
from sensorium.core.files import write_atomic
from sensorium.weights.folder import INDEX, SINGLE, read_index

COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class HubFile:
    """A file as the Hub lists it; `digest` is the SHA-256 of a large file, the SHA-1 by git's rule of a small one."""

    name: str
    size: int
    digest: str

    def matches(self, path: Path) -> bool:
        """Whether a file on disk has this content."""
        with path.open("rb") as file:
            if len(self.digest) == 64:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.digest
            hasher = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
            while piece := file.read(1 << 20):
                hasher.update(piece)
        return hasher.hexdigest() == self.digest


class RepoCache:
    """The part of the cache that belongs to one repository."""

    def __init__(self, root: Path, repo: str) -> None:
        name = f"models--{repo.replace('/', '--')}"
        self.root = root
        self.locks = root / ".locks" / name
        self._folder = root / name

    def commit(self, revision: str) -> str | None:
        """The commit that a revision is, or was when it was fetched."""
        if COMMIT.fullmatch(revision):
            return revision
        with suppress(OSError, ValueError):
            found = (self._folder / "refs" / revision).read_text(encoding="ascii").strip()
            return found if COMMIT.fullmatch(found) else None
        return None

    def snapshot(self, commit: str) -> Path:
        """The folder of a commit, whether it is there or not."""
        return self._folder / "snapshots" / commit

    def blob(self, file: HubFile) -> Path:
        """Where the content of a file is kept."""
        return self._folder / "blobs" / file.digest

    def partial(self, file: HubFile) -> Path:
        """Where the content is gathered until all of it is there."""
        return self._folder / "blobs" / f"{file.digest}.incomplete"

    def has(self, commit: str, file: HubFile) -> bool:
        """Whether a file is there, in the snapshot or as content that only has to be linked."""
        return any(_is_whole(path, file.size) for path in (self.snapshot(commit) / file.name, self.blob(file)))

    def is_complete(self, commit: str) -> bool:
        """Whether everything that we take of a commit is known to be there."""
        try:
            sizes = json.loads(self._list(commit).read_bytes())
        except (OSError, ValueError):
            return False
        folder = self.snapshot(commit)
        return isinstance(sizes, dict) and all(_is_whole(folder / name, size) for name, size in sizes.items())

    def is_usable(self, commit: str) -> bool:
        """Whether config and all weights of a commit are there; more than another tool's fetching does not tell."""
        folder = self.snapshot(commit)
        if (folder / SINGLE).is_file():
            return (folder / "config.json").is_file()
        try:
            shards = set(read_index(folder / INDEX).values())
        except CheckpointError:
            return False
        return all((folder / name).is_file() for name in {"config.json", *shards})

    def link(self, commit: str, file: HubFile) -> None:
        """Put a file whose content is there into a snapshot, as a copy where links cannot be made."""
        pointer = self.snapshot(commit) / file.name
        if _is_whole(pointer, file.size):
            return
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.unlink(missing_ok=True)  # truncated, or a link to content that was deleted
        blob = self.blob(file)
        try:
            pointer.symlink_to(os.path.relpath(blob, pointer.parent))
        except FileExistsError:  # another process was first
            return
        except OSError:
            temporary = pointer.with_name(f".{file.digest}.tmp")
            shutil.copyfile(blob, temporary)
            temporary.replace(pointer)

    def finish(self, revision: str, commit: str, files: list[HubFile]) -> None:
        """Record that all files of a commit are there, and which commit the revision is."""
        target = self._list(commit)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, json.dumps({file.name: file.size for file in files}).encode())
        if revision != commit:
            reference = self._folder / "refs" / revision
            reference.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(reference, commit.encode())

    def _list(self, commit: str) -> Path:
        return self._folder / "sensorium" / f"{commit}.json"


def _is_whole(path: Path, size: int) -> bool:
    """Whether a file is there with all its bytes; content is checked when it arrives."""
    return path.is_file() and path.stat().st_size == size
