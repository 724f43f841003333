"""Font files for drawn text: those that come with matplotlib, with Pillow, and in the `font-…` packages.

All are freely licensed and come with the `train` extra, so every machine draws the same pictures.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

from sensorium.core.errors import MissingPackage

PILLOW_FACE = "Aileron"
"""The face inside Pillow, for which there is no file; of our characters it lacks € and £."""

_MATPLOTLIB_FACES = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
)

_PACKAGED_FACES = (
    ("font_roboto", "Roboto-Regular.ttf"),
    ("font_roboto", "Roboto-Medium.ttf"),
    ("font_roboto", "Roboto-Bold.ttf"),
    ("font_roboto", "Roboto-Italic.ttf"),
    ("font_source_sans_pro", "SourceSansPro-Regular.ttf"),
    ("font_source_sans_pro", "SourceSansPro-Semibold.ttf"),
    ("font_source_sans_pro", "SourceSansPro-It.ttf"),
    ("font_source_serif_pro", "SourceSerifPro-Regular.ttf"),
    ("font_source_serif_pro", "SourceSerifPro-Bold.ttf"),
    ("font_source_serif_pro", "SourceSerifPro-It.ttf"),
    ("font_hanken_grotesk", "HankenGrotesk-Regular.otf"),
    ("font_hanken_grotesk", "HankenGrotesk-Bold.otf"),
)

_HELD_OUT_FACES = (
    ("font_caladea", "Caladea-Regular.ttf"),
    ("font_caladea", "Caladea-Bold.ttf"),
    ("font_manrope", "Manrope-Regular.ttf"),
    ("font_manrope", "Manrope-Bold.ttf"),
)


@lru_cache(maxsize=1)
def train_faces() -> tuple[str, ...]:
    """Return the paths of the faces that training draws with; `PILLOW_FACE` is among them.

    Raises: MissingPackage if a package that brings fonts is not installed.
    """
    folder = _folder("matplotlib") / "mpl-data" / "fonts" / "ttf"
    ours = [str(folder / f"{face}.ttf") for face in _MATPLOTLIB_FACES]
    return (PILLOW_FACE, *ours, *_packaged(_PACKAGED_FACES))


@lru_cache(maxsize=1)
def held_out_faces() -> tuple[str, ...]:
    """Return the paths of the faces that only validation draws with.

    Raises: MissingPackage if a package that brings fonts is not installed.
    """
    return _packaged(_HELD_OUT_FACES)


def draws(face: str, text: str) -> bool:
    """Whether the face has every character of `text`, which is printable ASCII, € and £."""
    return face != PILLOW_FACE or text.isascii()


@lru_cache(maxsize=256)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """Return the face at `size` pixels; the last few hundred stay open."""
    if face == PILLOW_FACE:
        own = ImageFont.load_default(size)
        if isinstance(own, ImageFont.FreeTypeFont):
            return own
        raise MissingPackage("Pillow was built without FreeType, which drawing text needs. Install Pillow's own wheel.")
    return ImageFont.truetype(face, size, layout_engine=ImageFont.Layout.BASIC)


def _packaged(faces: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(str(_folder(package) / "files" / name) for package, name in faces)


def _folder(package: str) -> Path:
    """Return where a package is installed, without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackage(
            f"The package {package.replace('_', '-')} is not installed; its fonts draw training pictures. "
            "Install it with: pip install 'sensorium[train]'"
        )
    return Path(spec.submodule_search_locations[0])
