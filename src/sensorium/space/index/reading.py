"""A file in pieces: what a worker does of it, before anything is embedded."""

import io
from collections.abc import Collection, Iterator

from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.pages import open_pages
from sensorium.media.sniff import sniff
from sensorium.media.source import open_file
from sensorium.media.types import AudioClip, Document, Image, Media, Modality, VideoClip
from sensorium.space.index.films import Shot, cut_sound, shots, spans
from sensorium.space.index.passages import means_something, passages
from sensorium.space.index.types import Piece, Spot

LIMITS = Limits(
    file_bytes=2**30,
    audio_seconds=3_600.0,
    audio_work=3_600 * 48_000 * 8,
    video_seconds=4 * 3_600.0,
    packets=5_000_000,
    frames=240,
    frame_side=320,
    kept_pixels=2_000_000,
)
"""Of a file that is indexed: many of them are in memory at once. Of a film 240 frames are looked at."""

THUMBNAIL = 192
"""Pixels that the longer side has at most."""

_HEAD = 4_096


def read_pieces(path: str, takes: Collection[Modality], limits: Limits = LIMITS) -> list[Piece]:
    """The pieces of a file.

    Args:
        takes: what the model embeds. Of a film that it does not take it gets the middle frames of shots, or their
            sound; what it does not take at all is found by words alone.

    Raises: InputError; MissingPackage for a PDF.
    """
    with open_file(path, limits) as (file, _):
        head = file.read(_HEAD)
    if sniff(head).name == "PDF":
        return list(_document(path, takes, limits))
    media = load_media(path, limits=limits)
    match media:
        case Image():
            return [Piece("image", media if "image" in takes else None, thumbnail=thumbnail(media))]
        case AudioClip():
            return [_window(media, begin, end, takes) for begin, end in spans(0.0, media.seconds)]
        case VideoClip():
            return [_shot(shot, takes) for shot in shots(media)]
        case Document():
            return [Piece("text", _said(each, takes), words=each) for each in passages(media.text)]


def _document(path: str, takes: Collection[Modality], limits: Limits) -> Iterator[Piece]:
    """Of each page its picture and its passages."""
    with open_pages(path, limits=limits) as pages:
        for page in pages:
            picture, spot = page.picture(), Spot(page=page.number)
            yield Piece("document", picture if "image" in takes else None, spot, thumbnail=thumbnail(picture))
            for each in passages(page.text):
                yield Piece("document", _said(each, takes), spot, words=each)


def _said(passage: str, takes: Collection[Modality]) -> str | None:
    """What of a passage is embedded, if anything: it is found by its words in any case."""
    return passage if "text" in takes and means_something(passage) else None


def _window(sound: AudioClip, begin: float, end: float, takes: Collection[Modality]) -> Piece:
    content = cut_sound(sound, begin, end) if "audio" in takes else None
    return Piece("audio", content, Spot(begin=begin, end=end))


def _shot(shot: Shot, takes: Collection[Modality]) -> Piece:
    clip = shot.clip
    middle = Image(clip.frames[len(clip.frames) // 2], clip.source)
    content: Media | None = clip if "video" in takes else middle if "image" in takes else None
    if content is None and "audio" in takes:
        content = clip.sound
    return Piece("video", content, Spot(begin=shot.begin, end=shot.end), thumbnail=thumbnail(middle))


def thumbnail(image: Image) -> bytes:
    """A small JPEG: whole pixels are averaged, which takes a fraction of what decoding took."""
    from PIL import Image as Pillow

    small = Pillow.fromarray(image.pixels).reduce(-(-max(image.pixels.shape[:2]) // THUMBNAIL))
    target = io.BytesIO()
    small.save(target, "JPEG", quality=75)
    return target.getvalue()
