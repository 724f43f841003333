"""The one public way in: `load_media` turns a path, bytes, a data URI or a decoded picture into typed media.

What a file is comes from its content. Only the code for that kind is imported, so a question about a picture does
not load FFmpeg.
"""

import os
from dataclasses import replace

from sensorium.core.errors import UnsupportedMedia
from sensorium.media.decoded import Decoded, is_decoded, take_picture
from sensorium.media.limits import Limits
from sensorium.media.sniff import ANIMATED_GIF, ANIMATED_WEBP, APNG, GIF, PNG, WEBP, Format, sniff
from sensorium.media.source import Source, printable, read_source
from sensorium.media.text import read_text
from sensorium.media.types import Image, Media, Modality, VideoClip, Window

_FIRST_PICTURE = {ANIMATED_GIF: GIF, ANIMATED_WEBP: WEBP, APNG: PNG}


def load_media(
    source: str | os.PathLike[str] | bytes | bytearray | Decoded,
    *,
    limits: Limits | None = None,
    name: str | None = None,
    want: Modality | None = None,
    window: Window | None = None,
) -> Media:
    """Read one input.

    A picture becomes an `Image`; a video and an animated GIF, WebP or PNG a `VideoClip`; a sound an `AudioClip`; a
    text file a `Document`. Anything unusual about it stands in `notices`.

    Args:
        source: a path, the bytes of a file, a `data:` URI, or a picture as numpy array or Pillow image. Nothing is
            fetched from a network.
        limits: bounds that act while reading.
        name: what to call it in messages; otherwise the file name.
        want: take this modality of it: "image" the first frame of a video, "audio" its sound track.
        window: the part of a film that is read; its frames keep the times that they have in the whole film, its sound
            begins with the part. What is no film, or is one in WebP, cannot be cut.
    Raises: UnreadableMedia, UnsupportedMedia or LimitExceeded; all are `InputError` and name the file and the reason.
    """
    limits = limits or Limits()
    if is_decoded(source):
        if window is not None:
            raise _uncut(printable(name or type(source).__name__), "a picture")
        return _as_wanted(take_picture(source, printable(name or type(source).__name__), limits), want)
    given = read_source(source, limits, name)
    found = sniff(given.data)
    if found.kind == "refused":
        raise UnsupportedMedia(f"{given.name}: {found.name}, which is not read. {found.advice}.")
    _check_claim(given, found)
    if want == "image":
        found = _FIRST_PICTURE.get(found, found)
        limits = replace(limits, frames=1)
    return _as_wanted(
        _read(given, found, limits, want) if window is None else _part(given, found, limits, window), want
    )


def _part(given: Source, found: Format, limits: Limits, window: Window) -> VideoClip:
    """A part of a film. Raises: UnsupportedMedia for what is none."""
    if found.kind == "av" and found is not ANIMATED_WEBP:
        from sensorium.media.video import read_av

        clip = read_av(given.data, found, given.name, limits, window=window)
        if isinstance(clip, VideoClip):
            return clip
    raise _uncut(given.name, found.name)


def _uncut(name: str, holds: str) -> UnsupportedMedia:
    return UnsupportedMedia(
        f"{name}: holds {holds}, of which no part can be taken; expected a film. Give it whole, or as MP4."
    )


def _check_claim(given: Source, found: Format) -> None:
    """Refuse a data URI that says one kind and holds another; between sound and video the line is thin."""
    said = given.claim.partition("/")[0]
    picture = found.kind == "image" or found in _FIRST_PICTURE
    holds = "image" if picture else {"av": "audio", "text": "text"}[found.kind]
    if said in ("image", "audio", "video") and holds != ("audio" if said == "video" else said):
        raise UnsupportedMedia(f"{given.name}: says {given.claim} but holds {found.name}. Correct its media type.")


def _read(given: Source, found: Format, limits: Limits, want: Modality | None) -> Media:
    if found.kind == "text":
        return read_text(given.data, given.name, limits)
    if found is ANIMATED_WEBP:
        from sensorium.media.animation import read_animation

        return read_animation(given.data, found, given.name, limits)
    if found.kind == "image":
        from sensorium.media.image import read_image

        return read_image(given.data, found, given.name, limits)
    from sensorium.media.video import read_av

    return read_av(given.data, found, given.name, limits, only_sound=want == "audio")


def _as_wanted(media: Media, want: Modality | None) -> Media:
    """`media` itself, or the first frame of a video where an image is wanted."""
    if want is None or media.modality == want:
        return media
    if want == "image" and isinstance(media, VideoClip):
        return Image(media.frames[0], media.source, (*media.notices, f"{media.source}: only its first frame is used."))
    raise UnsupportedMedia(f"{media.source}: holds {media.modality}, but {want} is wanted. Give another file.")
