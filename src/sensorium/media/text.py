"""Text files: UTF-8, or UTF-16 with a mark, to a bounded string without characters that hide or reorder the rest."""

import re

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.media.limits import Limits
from sensorium.media.types import Document

_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # joiners and variation selectors hold emoji and some scripts together: one between letters stays
    "|[\u200c\u200d\ufe00-\ufe0f](?=[\u200c\u200d\ufe00-\ufe0f]{2})|(?<![^\x00-\x7f])[\u200c\u200d\ufe00-\ufe0f]"
)


def read_text(data: bytes, name: str, limits: Limits) -> Document:
    """Decode a text file.

    Control, zero-width, direction and tag characters are taken out with a notice: they carry instructions that the
    user cannot see, or show them in another order. Line ends become a newline.

    Raises:
        UnreadableMedia: neither UTF-8 nor UTF-16 with a byte order mark.
        LimitExceeded: more than `limits.text_characters`.
    """
    longest = 4 * limits.text_characters + 4  # bytes that so many characters and a mark can take
    text = _decode(data, name) if len(data) <= longest else ""
    if len(data) > longest or len(text) > limits.text_characters:
        raise LimitExceeded(
            f"{name}: {len(data)} bytes of text; at most {limits.text_characters} characters are read. "
            "Cut it into pieces."
        )
    clean, count = visible(text)
    notices = (f"{name}: {count} invisible or control characters were taken out.",) if count else ()
    return Document(clean, name, notices)


def visible(text: str) -> tuple[str, int]:
    """`text` with newlines for line ends and without characters that nobody sees; and how many those were."""
    return _UNSEEN.subn("", _LINE_END.sub("\n", text))


def _decode(data: bytes, name: str) -> str:
    encoding = "utf-8-sig"
    if data[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        encoding = "utf-32"
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        label = encoding.removesuffix("-sig").upper()
        raise UnreadableMedia(
            f"{name}: byte {error.start} is not valid {label}; expected text in UTF-8. Save it as UTF-8."
        ) from error
