"""Models of the Hugging Face Hub as local folders: `resolve("org/name")`.

What is in the cache already is taken from there and the network is left alone; a branch is then what it was when it was
fetched. Cache, endpoint, token and offline mode are those of the Hub's own tools: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT,
HF_TOKEN or `hf auth login`, HF_HUB_OFFLINE.

Only weights in safetensors and files of plain text are fetched, from the top of the repository; never a pickle, never
code. What has arrived when a download is interrupted stays and is gone on with (the Hub's own tools begin such a file
anew). Every file is checked against the hash that the Hub lists.
"""

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sensorium.core.errors import CheckpointError, ModelError, UsageError
from sensorium.weights.faults import few
from sensorium.weights.folder import INDEX, SINGLE, no_weights, read_index
from sensorium.weights.hub_api import Unreachable, list_files, receive
from sensorium.weights.hub_cache import HubFile, RepoCache

Progress = Callable[[str, int, int], None]
"""Called while files arrive: name of the file, bytes of all files so far, bytes of all in the end."""

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}(@[^@]+)?", re.ASCII)
_REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w./+-]{0,199}", re.ASCII)
_TAKEN = re.compile(r"[A-Za-z0-9_][\w.+-]*\.(safetensors|json|txt|model|jinja)", re.ASCII)

_ATTEMPTS = 5
"""So often in a row nothing may arrive."""

_PAUSE = 1.0
"""Seconds before the second attempt, doubled for each further one."""


def is_hub_name(name: str) -> bool:
    """Whether a name has the form "org/name" or "org/name@revision"."""
    return _NAME.fullmatch(name) is not None


def resolve(name: str, *, revision: str | None = None, progress: Progress | None = None) -> Path:
    """The local folder of a model of the Hub, fetched if it is not there yet.

    Args:
        name: "org/name" or "org/name@revision".
        revision: branch, tag or commit; "main" without it.
        progress: told about every piece that arrives; whatever it raises interrupts the download.

    Raises:
        UsageError: the name or the revision is no such name, or there are two revisions.
        CheckpointError: the Hub has no such model or revision, it is gated or private, or has no safetensors.
        ModelError: the network, the Hub or the disk fails, or offline mode is on, and the model is not in the cache.
    """
    from huggingface_hub import constants

    repo, wanted = _parse(name, revision)
    cache = RepoCache(Path(constants.HF_HUB_CACHE), repo)
    cached = cache.commit(wanted)
    if cached and cache.is_complete(cached):
        return cache.snapshot(cached)
    try:
        commit, files = list_files(repo, wanted)
    except Unreachable:
        if cached and cache.is_usable(cached):
            return cache.snapshot(cached)
        raise
    try:
        fetched = _Download(repo, commit, cache, progress or (lambda *_: None)).run(files)
        cache.finish(wanted, commit, fetched)
    except OSError as error:
        raise ModelError(
            f"{repo}: cannot be written to the cache in {cache.root} ({error}). Free some space or correct its "
            "permissions, or set HF_HOME to another folder; what has arrived is kept."
        ) from error
    return cache.snapshot(commit)


def is_cached(name: str) -> bool:
    """Whether the cache holds a whole model of the Hub, so that `resolve` leaves the network alone."""
    from huggingface_hub import constants

    repo, wanted = _parse(name, None)
    cache = RepoCache(Path(constants.HF_HUB_CACHE), repo)
    commit = cache.commit(wanted)
    return commit is not None and cache.is_complete(commit)


def _parse(name: str, revision: str | None) -> tuple[str, str]:
    """Repository and revision."""
    if not is_hub_name(name):
        raise UsageError(f"got '{name}'; expected 'org/name' or 'org/name@revision', a model of the Hub. Write it so.")
    repo, _, named = name.partition("@")
    if named and revision and named != revision:
        raise UsageError(f"got '{name}' and the revision '{revision}'; expected one revision. Leave one of them out.")
    wanted = named or revision or "main"
    if not _REVISION.fullmatch(wanted):
        raise UsageError(f"got the revision '{wanted}'; expected a branch, tag or commit. Correct it.")
    return repo, wanted


class _Download:
    """One commit on its way into the cache: small files first, so that a snapshot with weights lacks nothing."""

    def __init__(self, repo: str, commit: str, cache: RepoCache, progress: Progress) -> None:
        self._repo = repo
        self._commit = commit
        self._cache = cache
        self._progress = progress
        self._done = 0
        self._total = 0

    def run(self, files: list[HubFile]) -> list[HubFile]:
        """Fetch what is not there yet. Returns: all files of the snapshot."""
        taken = {file.name: file for file in files if _TAKEN.fullmatch(file.name)}
        if SINGLE not in taken and INDEX not in taken:
            raise no_weights(self._repo, (file.name for file in files if "/" not in file.name))
        small = [file for name, file in taken.items() if not name.endswith(".safetensors")]
        if SINGLE not in taken:  # which files hold the weights is known once the index is there
            self._check_space([taken[INDEX]])
            self._bring(taken[INDEX])
        names = [SINGLE] if SINGLE in taken else self._shards()
        if lost := [name for name in names if name not in taken]:
            raise CheckpointError(
                f"{self._repo}: its {INDEX} names {few(lost)}, which it does not have. Take another revision."
            )
        chosen = small + [taken[name] for name in names]
        self._fetch_all(chosen)
        return chosen

    def _shards(self) -> list[str]:
        return sorted(set(read_index(self._cache.snapshot(self._commit) / INDEX).values()))

    def _fetch_all(self, files: list[HubFile]) -> None:
        self._total = sum(file.size for file in files)
        self._check_space([file for file in files if not self._cache.has(self._commit, file)])
        for file in files:
            self._bring(file)
            self._done += file.size
        self._progress("", self._done, self._total)

    def _bring(self, file: HubFile) -> None:
        """See that a file is in the snapshot."""
        if not self._cache.has(self._commit, file):
            self._fetch(file)
        self._cache.link(self._commit, file)

    def _check_space(self, files: list[HubFile]) -> None:
        partials = [self._cache.partial(file) for file in files]
        needed = sum(file.size for file in files) - sum(each.stat().st_size for each in partials if each.is_file())
        self._cache.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._cache.root).free
        if needed > free:
            raise ModelError(
                f"{self._repo}: needs {needed / 1e9:.1f} GB more, and {self._cache.root} has {free / 1e9:.1f} GB left. "
                "Free some space, or set HF_HOME to another folder."
            )

    def _fetch(self, file: HubFile) -> None:
        """Bring the content of a file into the cache, from where an earlier try was interrupted."""
        from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]  # exported, but lazily

        blob, partial = self._cache.blob(file), self._cache.partial(file)
        blob.parent.mkdir(parents=True, exist_ok=True)
        self._cache.locks.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(self._cache.locks / f"{file.digest}.lock"):
            for _ in range(2):  # what another program left may be no beginning of this file: then once from the start
                if self._cache.has(self._commit, file):  # another process was first
                    return
                with partial.open("ab") as target:
                    self._gather(file, target)
                    target.flush()
                    os.fsync(target.fileno())
                if file.matches(partial):
                    partial.replace(blob)
                    return
                partial.unlink()
        raise CheckpointError(
            f"{self._repo}: {file.name} does not have the hash that the Hub lists ({file.digest[:12]}…). It is damaged "
            "on the way: try another network, or without a proxy."
        )

    def _gather(self, file: HubFile, target: BinaryIO) -> None:
        """Append to the partial file until it has its size, through some interruptions."""
        if target.tell() > file.size:
            target.truncate(0)
            target.seek(0)
        in_vain = 0
        while (size := target.tell()) < file.size:
            self._arrived(file, size)
            lost = Unreachable(f"{self._repo}: {file.name} ends before its {file.size} bytes. Try again later.")
            try:
                receive(self._repo, self._commit, file, target, lambda size: self._arrived(file, size))
            except Unreachable as error:
                lost = error
            if target.tell() >= file.size:
                break
            in_vain = in_vain + 1 if target.tell() <= size else 0
            if in_vain == _ATTEMPTS:
                raise lost
            time.sleep(_PAUSE * 2**in_vain)

    def _arrived(self, file: HubFile, size: int) -> None:
        if self._total:  # before it is known, only the index of the weights is fetched
            self._progress(file.name, self._done + min(size, file.size), self._total)
