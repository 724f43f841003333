"""Files that are never seen half-written, and folders whose every file is known by its hash.

`manifest.json` lists each file of a folder:

    {"version": 1, "files": {"model.safetensors": {"size": 1234, "sha256": "9f86d0..."}, ...}}

Names are relative, with "/" between folders. Entries whose name begins with a dot (".git", ".cache", ".DS_Store") may
lie beside them unlisted: tools put them there, and nothing here ever loads one.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from sensorium.core.errors import CheckpointError

MANIFEST = "manifest.json"

_VERSION = 1
_LARGEST_MANIFEST = 1 << 20
"""Bytes: some ten thousand files; more is not a manifest of ours."""


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` so that a reader, or a power cut, meets the old file or the new one, never a part.

    The new file has mode 0644 less the umask. The folder must exist.

    Raises: OSError (disk full, no such folder, not allowed); the old file is then untouched and nothing is left behind.
    """
    target = Path(path)
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    # Not tempfile: it makes files of mode 0600, and the umask can only be read by changing it for all threads.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # noqa: PTH105
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def sha256_file(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's content, 64 lower-case hexadecimal digits; read in pieces, whatever its size."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: str | os.PathLike[str], names: Iterable[str]) -> None:
    """Write `manifest.json` into `folder`, listing the files `names` (relative, "/" between folders) as they are now.

    Raises: CheckpointError when a name is not a file inside the folder.
    """
    root = Path(folder)
    files: dict[str, dict[str, int | str]] = {}
    for name in sorted(set(names)):
        path = _inside(root, name)
        if not path.is_file():
            raise CheckpointError(
                f"{root}: '{name}' is to be listed but is no file there. Write it before the manifest."
            )
        files[name] = {"size": path.stat().st_size, "sha256": sha256_file(path)}
    text = json.dumps({"version": _VERSION, "files": files}, indent=2) + "\n"
    write_atomic(root / MANIFEST, text.encode())


def verify_manifest(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Check every file of `folder` against its `manifest.json`; return name to SHA-256.

    Raises: CheckpointError naming the first file that is missing, altered or not listed, or when there is no usable
    manifest.
    """
    root = Path(folder)
    listed = _read_manifest(root)
    unlisted = sorted(_files_of(root) - set(listed) - {MANIFEST})
    if unlisted:
        raise CheckpointError(
            f"{root}: '{unlisted[0]}' is not listed in {MANIFEST}; every file of a checkpoint must be. "
            "Remove it, or fetch the checkpoint again."
        )
    for name, (size, digest) in listed.items():
        _verify_file(root, name, size, digest)
    return {name: digest for name, (_, digest) in listed.items()}


def _verify_file(root: Path, name: str, size: int, digest: str) -> None:
    path = _inside(root, name)
    if not path.is_file():
        raise CheckpointError(f"{root}: '{name}' is listed in {MANIFEST} but missing. Fetch the checkpoint again.")
    found = path.stat().st_size
    if found != size:
        raise CheckpointError(
            f"{root}: '{name}' has {found} bytes; {MANIFEST} says {size}. "
            "It is truncated or altered: fetch the checkpoint again."
        )
    if sha256_file(path) != digest:
        raise CheckpointError(
            f"{root}: the content of '{name}' does not have the SHA-256 that {MANIFEST} lists ({digest[:12]}…). "
            "It is damaged or altered: fetch the checkpoint again."
        )


def _read_manifest(root: Path) -> dict[str, tuple[int, str]]:
    """Name to (size, SHA-256), as listed."""
    path = root / MANIFEST
    if not path.is_file():
        raise CheckpointError(f"{root}: there is no {MANIFEST}; expected the folder of a checkpoint. Check the path.")
    with path.open("rb") as file:
        data = file.read(_LARGEST_MANIFEST + 1)
    unusable = CheckpointError(
        f"{path}: is not a manifest of version {_VERSION} (a table of files with size and SHA-256). "
        "Fetch the checkpoint again."
    )
    if len(data) > _LARGEST_MANIFEST:
        raise unusable
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise unusable from error
    match manifest:
        case {"version": 1, "files": dict(files)}:
            return {name: _listed(item, unusable) for name, item in files.items()}
        case _:
            raise unusable


def _listed(item: object, unusable: CheckpointError) -> tuple[int, str]:
    match item:
        case {"size": int(size), "sha256": str(digest)}:
            return size, digest
        case _:
            raise unusable


def _inside(root: Path, name: str) -> Path:
    """The path of `name`, which may neither leave the folder nor be the manifest itself."""
    pure = PurePosixPath(name)
    plain = name == str(pure) and "\\" not in name and "\0" not in name
    if not plain or pure.is_absolute() or ".." in pure.parts or name in (".", MANIFEST):
        raise CheckpointError(
            f"{root}: {name!r} cannot be listed in {MANIFEST}; expected the relative name of a file inside the folder. "
            "Correct the name, or fetch the checkpoint again."
        )
    return root / pure


def _files_of(root: Path) -> set[str]:
    """Names of all files below `root`, except those with a part that begins with a dot."""
    names: set[str] = set()
    for folder, folders, files in os.walk(root):
        folders[:] = [each for each in folders if not each.startswith(".")]
        names.update((Path(folder) / each).relative_to(root).as_posix() for each in files if not each.startswith("."))
    return names


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
