"""Writes the media of the bundled samples (models/samples.py): validation samples of domains, and two recordings.

What is made here is always the same; what comes from real sets needs their folder.
"""

from pathlib import Path

from sensorium.core.errors import UnreadableMedia
from sensorium.core.files import write_atomic
from sensorium.data.catalog import domain
from sensorium.data.readers.files import read_archive
from sensorium.media.encode import encode_audio, encode_image, encode_video
from sensorium.media.types import AudioClip, Document, Image, Media, VideoClip

MADE = {
    "shapes.png": ("scenes", 13),
    "squares.png": ("scenes", 21),
    "word.png": ("reading", 23),
    "chart.png": ("charts", 20),
    "beeps.wav": ("tones", 15),
    "moving.mp4": ("moving", 13),
    "blinking.gif": ("moving", 9),
}
"""File to domain and number of the validation sample."""

HELD_OUT = {"boot.png": ("fashion-mnist", 19), "digit.png": ("mnist", 7)}
"""The same, of real sets."""

COPIED = {
    "seven.wav": ("fsdd/fsdd-5-speakers-wav.tar.xz", "7_yweweler_7.wav"),
    "rooster.flac": ("esc10/esc10-folds1-4-16k-flac.tar", "rooster/4-164859-A.flac"),
}
"""File to archive and member, unchanged; of the speaker and the fold that are held out."""


def write_samples(folder: Path, root: Path | None = None) -> None:
    """Write the media into `folder`, which must exist.

    Args:
        folder: where to.
        root: of the real sets; without it only what is made here is written.

    Raises: UnreadableMedia when a real set is not in `root`, MissingPackage without the extra `train`.
    """
    for name, (source, index) in (MADE | HELD_OUT if root else MADE).items():
        media = domain(source, root or Path()).validation(index).media[0]
        write_atomic(folder / name, _encode(media, name))
    if root:
        for name, (archive, member) in COPIED.items():
            write_atomic(folder / name, _member(root / archive, member))


def _encode(media: Media, name: str) -> bytes:
    match media:
        case Image():
            return encode_image(media)
        case AudioClip():
            return encode_audio(media)
        case VideoClip():
            return encode_video(media, "gif" if name.endswith(".gif") else "mp4")
        case Document():
            return media.text.encode()


def _member(archive: Path, ending: str) -> bytes:
    for _, content in read_archive(archive, ending):
        return content
    raise UnreadableMedia(f"{archive}: has no '{ending}'; expected the archive of the set. Fetch it again.")
