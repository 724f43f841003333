"""Media with a caption each: open_clip's CSV and webdataset tars. The medium is the question, the caption the answer.

filepath,title        0001.jpg 0001.txt 0002.jpg 0002.json {"caption": ...}
a.png,a brown boot
"""

from collections.abc import Mapping

from sensorium.chat.message import Text
from sensorium.data.records.record import Extent, Reference
from sensorium.data.records.rows import Values
from sensorium.data.records.talks import Misread, Named, Said, reference

_FILES: dict[str, Named | None] = {
    **dict.fromkeys(("filepath", "file", "file_name", "filename", "path"), None),
    **dict.fromkeys(("image", "image_path", "images", "jpg", "jpeg", "png", "webp", "gif", "bmp", "tiff"), "image"),
    **dict.fromkeys(("audio", "audio_path", "audios", "wav", "flac", "mp3", "ogg", "m4a"), "audio"),
    **dict.fromkeys(("video", "video_path", "videos", "mp4", "webm", "mkv", "mov", "avi"), "video"),
}
_CAPTIONS = ("caption", "title", "text", "txt", "label", "transcription")


def is_captioned(values: Values) -> bool:
    """Whether a row has a medium, and something that may be its caption."""
    return any(key in _FILES for key in values) and (any(key in _CAPTIONS for key in values) or "json" in values)


def read_caption(values: Values) -> list[Said]:
    """The two messages of a row. Raises: Misread."""
    media = [_medium(values[key], modality) for key, modality in _FILES.items() if values.get(key)]
    if not media:
        raise Misread("no medium", "Name its file, or leave the row out.")
    caption = next((values[key] for key in _CAPTIONS if key in values), None)
    inner = values.get("json")
    if caption is None and isinstance(inner, Mapping):
        caption = next((inner[key] for key in _CAPTIONS if key in inner), None)
    if caption is not None and not isinstance(caption, str):
        raise Misread(f"got {type(caption).__name__} for the caption, expected text", "Write it as text.")
    return [("user", media), ("assistant", [Text(caption)] if caption else [])]


def _medium(value: object, modality: Named | None) -> Reference:
    return Reference(value, modality) if isinstance(value, Extent) else reference(value, modality)
