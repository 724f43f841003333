"""From what the caller names to bounded bytes: a path, bytes or a data URI. Nothing is fetched.

A path is opened without blocking and looked at before it is read, so a pipe or a device cannot hang the caller,
and no more than the limit is ever read, whatever the size in the file system says.
"""

import binascii
import os
import re
import stat
import unicodedata
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeGuard
from urllib.parse import unquote_to_bytes

from sensorium.core.errors import InputError, LimitExceeded, UnreadableMedia, UnsupportedMedia, UsageError
from sensorium.media.limits import Limits

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")
_NAME_LENGTH = 80


@dataclass(frozen=True)
class Source:
    """The bytes of one input, a name for messages, and the media type that a data URI claims ("image/png")."""

    data: bytes
    name: str
    claim: str = ""


def read_source(source: object, limits: Limits, name: str | None = None) -> Source:
    """Return the bytes behind `source`.

    Raises:
        UnreadableMedia: missing, a folder, a pipe or device, empty, no permission, or a damaged data URI.
        UnsupportedMedia: a URL; nothing is fetched.
        LimitExceeded: more than `limits.file_bytes`.
        UsageError: `source` is of another type.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        found = Source(bytes(source), printable(name or "bytes"))
    elif is_data_uri(source):
        found = _read_data_uri(source, printable(name or "data URI"), limits)
    elif isinstance(source, str | os.PathLike):
        found = _read_path(os.fspath(source), name, limits)
    else:
        raise UsageError(
            f"got a {type(source).__name__}; expected a path, bytes, a data URI, a picture as numpy array or Pillow "
            f"image, or media of sensorium.media.types. {_advice(source)}."
        )
    check_some(found.data, found.name)
    _check_size(len(found.data), found.name, limits)
    return found


def _advice(source: object) -> str:
    """What to do with something that is no input."""
    if hasattr(source, "read"):
        return "Give its content: file.read() of a file opened in mode 'rb'"
    if isinstance(source, list | tuple | set | Generator):
        return "Give each file as an argument of its own"
    return "Give one of these"


def check_some(data: bytes, name: str) -> None:
    """Refuse an input without content: UnreadableMedia."""
    if not data:
        raise UnreadableMedia(f"{name}: empty (0 bytes); expected media. Check that it was saved or copied whole.")


def is_data_uri(source: object) -> TypeGuard[str]:
    """Whether it is a string that spells a data URI."""
    return isinstance(source, str) and source[:5].lower() == "data:"


def printable(name: str) -> str:
    """`name` on one line, at most 80 characters, with control and invisible characters shown as escapes."""
    shown = "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else c.encode("unicode_escape").decode() for c in name
    )
    return shown if len(shown) <= _NAME_LENGTH else shown[: _NAME_LENGTH // 2] + "…" + shown[1 - _NAME_LENGTH // 2 :]


def _check_size(size: int, name: str, limits: Limits) -> None:
    if size > limits.file_bytes:
        raise LimitExceeded(
            f"{name}: {size / 2**20:.1f} MiB; at most {limits.file_bytes / 2**20:g} MiB are read. "
            "Make it smaller; in Python, load_media(file, limits=Limits(file_bytes=...)) reads more."
        )


def _read_data_uri(uri: str, name: str, limits: Limits) -> Source:
    comma = uri.find(",")
    if comma < 0:
        raise UnreadableMedia(f"{name}: no comma; expected data:<type>;base64,<bytes>. Encode it again.")
    claim, *parameters = (part.strip() for part in uri[5:comma].lower().split(";"))
    length = len(uri) - comma - 1
    if "base64" not in parameters:
        if length > limits.text_characters:  # an escape takes many times its length to decode
            raise LimitExceeded(f"{name}: {length} characters; at most {limits.text_characters}. Encode it as base64.")
        return Source(unquote_to_bytes(uri[comma + 1 :]), name, claim)
    _check_size(length * 3 // 4 - 2, name, limits)
    try:
        body = memoryview(uri.encode("ascii"))[comma + 1 :]
        return Source(binascii.a2b_base64(body, strict_mode=True), name, claim)
    except ValueError as error:  # of the alphabet, the padding or a letter that is not ASCII
        raise UnreadableMedia(f"{name}: not valid base64; expected the plain alphabet. Encode it again.") from error


@contextmanager
def open_file(path: str | os.PathLike[str], limits: Limits, name: str | None = None) -> Iterator[tuple[BinaryIO, str]]:
    """Hand out the file at a path, open and not read, and its name for messages.

    Raises: as `read_source`, for an empty file too.
    """
    text = os.fsdecode(path)
    shown = printable(name or Path(text).name or text or "an empty path")
    if scheme := _SCHEME.match(text):
        advice = "Give the path itself" if scheme[1].lower() == "file" else "Download it first, then give the file"
        raise UnsupportedMedia(f"{printable(text)}: a {scheme[1].lower()} URL; nothing is fetched. {advice}.")
    try:
        handle = os.open(text, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise _refusal(error, shown, text) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _not_a_file(status.st_mode, shown)
        _check_size(status.st_size, shown, limits)
        with os.fdopen(handle, "rb", closefd=False) as file:
            yield file, shown
    except OSError as error:
        raise _refusal(error, shown, text) from error
    finally:
        os.close(handle)


def _read_path(path: str, name: str | None, limits: Limits) -> Source:
    with open_file(path, limits, name) as (file, shown):
        return Source(file.read(limits.file_bytes + 1), shown)


def _not_a_file(mode: int, shown: str) -> UnreadableMedia:
    what = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
    return UnreadableMedia(f"{shown}: {what}; expected a file. Give the path of one file.")


def _refusal(error: OSError | ValueError, shown: str, path: str) -> InputError:
    """The three-part message for an error of the operating system."""
    if isinstance(error, IsADirectoryError):  # what Windows says on opening one
        return _not_a_file(stat.S_IFDIR, shown)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UnreadableMedia(f"{shown}: no such file ({printable(path)}). Check the spelling and the folder.")
    if isinstance(error, PermissionError):
        return UnreadableMedia(f"{shown}: permission denied; expected a readable file. Change its permissions.")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a valid path"
    return UnreadableMedia(f"{shown}: cannot be opened ({reason}); expected a readable file. Check the path.")
