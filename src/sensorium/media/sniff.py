"""What a file is, told from its content alone; its name and extension are never asked.

A `Format` that we take carries the one decoder that will be tried: bytes never reach another. A format that we
know but do not take carries advice instead.
"""

import re
from dataclasses import dataclass
from typing import Literal

from sensorium.media.structure import gif_moves, png_moves, webp_moves

Kind = Literal["image", "av", "text", "refused"]


@dataclass(frozen=True)
class Format:
    """A recognised file format.

    `kind` says who reads it: "image" (Pillow plugin `decoder`), "av" (FFmpeg demuxer `decoder`: sound or film),
    "text", or "refused" with `advice` for the user.
    """

    name: str
    kind: Kind
    decoder: str = ""
    advice: str = ""


def _image(name: str) -> Format:
    return Format(name, "image", name)


def _av(name: str, demuxer: str) -> Format:
    return Format(name, "av", demuxer)


def _no(name: str, advice: str) -> Format:
    return Format(name, "refused", advice=advice)


_TO_PICTURE = "Convert it to PNG or JPEG"
_TO_SOUND = "Convert it to WAV, FLAC or MP3"
_TO_FILM = "Convert it to MP4"
_TO_PDF = "Save it as PDF, which ask and the server read, or paste its text into the question"
_TO_TEXT = "Paste its text into the question, or give its pages as PNG"
_UNPACK = "Unpack it and give the files inside"

GIF, WEBP, PNG, APNG = _image("GIF"), _image("WebP"), _image("PNG"), _av("animated PNG", "apng")
ANIMATED_GIF = _av("animated GIF", "gif")
ANIMATED_WEBP = Format("animated WebP", "image", "WebP")
TEXT = Format("text", "text")
UNKNOWN = _no("an unknown format", "Give PNG, JPEG, WebP, GIF, WAV, FLAC, MP3, OGG, MP4, WebM or text")

_SIGNATURES: tuple[tuple[bytes, Format], ...] = (  # long enough that no text begins like a binary format
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", _image("JPEG")),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", _image("TIFF")),
    (b"MM\x00*", _image("TIFF")),
    (b"II+\x00", _image("TIFF")),
    (b"MM\x00+", _image("TIFF")),
    (b"fLaC", _av("FLAC", "flac")),
    (b"OggS", _av("OGG", "ogg")),
    (b"\x1aE\xdf\xa3", _av("Matroska/WebM", "matroska")),
    (b"%PDF-", _no("PDF", _TO_TEXT)),
    (b"8BPS\x00", _no("Photoshop (PSD)", _TO_PICTURE)),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", _no("JPEG 2000", _TO_PICTURE)),
    (b"\xff\x4f\xff\x51", _no("JPEG 2000", _TO_PICTURE)),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", _no("JPEG XL", _TO_PICTURE)),
    (b"\xff\x0a", _no("JPEG XL", _TO_PICTURE)),
    (b"%!PS", _no("PostScript (EPS)", _TO_PICTURE)),
    (b"\xc5\xd0\xd3\xc6", _no("PostScript (EPS)", _TO_PICTURE)),
    (b"\x00\x00\x01\x00", _no("Windows icon (ICO)", _TO_PICTURE)),
    (b"icns\x00", _no("Apple icon (ICNS)", _TO_PICTURE)),
    (b"SIMPLE  =", _no("FITS", _TO_PICTURE)),
    (b"v/1\x01", _no("OpenEXR", _TO_PICTURE)),
    (b"qoif\x00", _no("QOI", _TO_PICTURE)),
    (b"DDS \x7c\x00", _no("DirectDraw surface (DDS)", _TO_PICTURE)),
    (b"#!AMR", _no("AMR", _TO_SOUND)),
    (b"caff\x00", _no("Core Audio (CAF)", _TO_SOUND)),
    (b".snd\x00", _no("Sun audio (AU)", _TO_SOUND)),
    (b"MThd\x00", _no("MIDI", _TO_SOUND)),
    (b"wvpk", _no("WavPack", _TO_SOUND)),
    (b"FLV\x01", _no("Flash video", _TO_FILM)),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _no("Windows Media", _TO_FILM)),
    (b"\x00\x00\x01\xba", _no("MPEG program stream", _TO_FILM)),
    (b"\x00\x00\x01\xb3", _no("MPEG video stream", _TO_FILM)),
    (b"PK\x03\x04", _no("ZIP archive", _UNPACK)),
    (b"PK\x05\x06", _no("ZIP archive", _UNPACK)),
    (b"\x1f\x8b", _no("gzip", _UNPACK)),
    (b"BZh91AY&SY", _no("bzip2", _UNPACK)),
    (b"\xfd7zXZ\x00", _no("xz", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", _no("zstd", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", _no("7-Zip archive", _UNPACK)),
    (b"Rar!\x1a\x07", _no("RAR archive", _UNPACK)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _no("old Office document", _TO_PDF)),
    (b"{\\rtf", _no("Rich Text", _TO_PDF)),
    (b"SQLite format 3\x00", _no("SQLite database", "Export what you want to ask about as text")),
    (b"\x7fELF", _no("program (ELF)", "Give media or text")),
    (b"\x93NUMPY", _no("NumPy array", "Save it as PNG or WAV")),
    (b"#EXTM3U", _no("HLS playlist", "Nothing it names is opened; give the media file itself")),
    (b"ffconcat", _no("FFmpeg concat list", "Nothing it names is opened; give the media file itself")),
)

_BRANDS = {
    b"heic": "HEIC", b"heix": "HEIC", b"heim": "HEIC", b"heis": "HEIC", b"hevc": "HEIC", b"hevx": "HEIC",
    b"mif1": "HEIF", b"msf1": "HEIF", b"avif": "AVIF", b"avis": "AVIF", b"crx ": "Canon raw (CR3)",
}  # fmt: skip
_SVG = re.compile(rb"(\xef\xbb\xbf)?\s*(<[?!][^<]*)*<svg[\s>]")
_QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def sniff(data: bytes) -> Format:
    """Name the format of `data`; bytes that fit nothing are text if they look like it, else unknown."""
    if data[128:132] == b"DICM":  # its first 128 bytes are free and often look like a TIFF
        return _no("DICOM", _TO_PICTURE)
    for signature, found in _SIGNATURES:
        if data.startswith(signature):
            return _refine(found, data)
    return _sniff_riff(data) or _sniff_boxes(data) or _sniff_loose(data) or (TEXT if looks_like_text(data) else UNKNOWN)


def _refine(found: Format, data: bytes) -> Format:
    """Tell moving pictures and office documents from their still or plain relatives."""
    if found is PNG:
        return APNG if png_moves(data) else PNG
    if found is GIF:
        return ANIMATED_GIF if gif_moves(data) else GIF
    if found.name == "PDF" and b"/Encrypt" in data:
        return _no("encrypted PDF", f"Remove its password first. {_TO_TEXT}")
    return _sniff_zip(data) if found.name == "ZIP archive" else found


def _sniff_riff(data: bytes) -> Format | None:
    head, form = data[:4], data[8:12]
    if head in (b"RIFF", b"RF64", b"BW64") and form == b"WAVE":
        return _av("WAV", "wav")
    if head == b"RIFF" and form in (b"AVI ", b"AVIX"):
        return _av("AVI", "avi")
    if head == b"RIFF" and form == b"WEBP":
        return ANIMATED_WEBP if webp_moves(data) else WEBP
    if head == b"FORM" and form in (b"AIFF", b"AIFC"):
        return _av("AIFF", "aiff")
    return None


def _sniff_boxes(data: bytes) -> Format | None:
    """The MP4 family: boxes of size and name."""
    box = data[4:8]
    if box == b"ftyp":
        brand = _BRANDS.get(data[8:12])
        return _no(brand, _TO_PICTURE) if brand else _av("MP4/MOV", "mov")
    return _av("QuickTime", "mov") if box in _QUICKTIME_BOXES and data[:2] == b"\x00\x00" else None


def _sniff_zip(data: bytes) -> Format:
    head = data[:4096]
    for mark, name in ((b"word/", "Word document"), (b"xl/", "Excel workbook"), (b"ppt/", "PowerPoint file")):
        if mark in head:
            return _no(name, _TO_PDF)
    if b"mimetypeapplication/" in head:
        return _no("EPUB or OpenDocument file", _TO_PDF)
    return _no("ZIP archive", _UNPACK)


def _sniff_loose(data: bytes) -> Format | None:
    """Formats without a signature of their own at the very start."""
    if data[:2] == b"BM" and data[6:10] == b"\x00\x00\x00\x00":
        return _image("BMP")
    if data[257:262] == b"ustar":
        return _no("tar archive", _UNPACK)
    if len(data) > 376 and data[0] == data[188] == data[376] == 0x47:
        return _no("MPEG transport stream", _TO_FILM)
    if _SVG.match(data[:4096]):
        return _no("SVG drawing", _TO_PICTURE)
    return _sniff_frames(data)


def _sniff_frames(data: bytes) -> Format | None:
    """MP3 and AAC: runs of framed packets, perhaps behind an ID3 tag."""
    start = 0
    if data[:3] == b"ID3" and len(data) > 10 and data[3] < 5:
        start = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
        if data[start : start + 4] == b"fLaC":
            return _av("FLAC", "flac")
    head = data[start : start + 4]
    if len(head) == 4 and head[0] == 0xFF and head[:2] != b"\xff\xfe":  # that one is the mark of UTF-16
        if head[1] & 0xF6 == 0xF0:
            return _av("AAC", "aac")
        if head[1] & 0xE0 == 0xE0 and _mp3_header(head):
            return _av("MP3", "mp3")
    return _av("MP3", "mp3") if start else None


def _mp3_header(head: bytes) -> bool:
    version, layer, rate, sampling = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and rate not in (0, 15) and sampling != 3


def looks_like_text(data: bytes) -> bool:
    """True for Unicode with a mark, for UTF-8 with few control characters, and for an old 8-bit encoding with none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    head = data[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = len(data) > len(head) and error.start >= len(head) - 3  # a character cut by our own bound
        return controls * 10 <= len(head) if cut else controls == 0
    return controls * 10 <= len(head)
