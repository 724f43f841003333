"""Names to models: what `sensorium models` lists, and what `--model` takes besides: folders, and ids of the Hub.

A folder says by the `model_type` of its config.json which family reads it; nothing goes by its name.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from sensorium.core.catalogue import Catalogue, Entry
from sensorium.core.errors import CheckpointError, UsageError
from sensorium.models.mistaken import BUNDLED_SOURCE, CONFIG, is_file, no_model_folder, no_such_model
from sensorium.weights.folder import read_json

if TYPE_CHECKING:  # a list of names needs no torch
    from sensorium.models.answerer import Answerer
    from sensorium.models.placing import Placing
    from sensorium.models.video.classifier import VideoModel

DEFAULT = "nano"
BUNDLED = Path(__file__).parent / "nano" / "weights"
"""The folder of the model that comes with the package."""
SPACE = "nano-space"
BUNDLED_SPACE = Path(__file__).parent / "nano_space" / "weights"
"""The same of the space that does."""

Progress = Callable[[str, int, int], None]
"""Called while a model is fetched: name of the file, bytes so far, bytes in all."""


class Loader(Protocol):
    """Reads a model folder of one family."""

    def __call__(self, folder: Path) -> "Answerer":
        """The model, ready to be asked. Raises: CheckpointError."""


FAMILIES: Catalogue[Loader] = Catalogue(
    "model that answers",
    (
        Entry(
            name=DEFAULT,
            target="sensorium.models.nano.answerer:load",
            summary="bundled: digits, clothing, sounds, scenes, charts, moving shapes; short answers, en and zh",
            modalities=("text", "image", "audio", "video"),
            licence="Apache-2.0",
            source=BUNDLED_SOURCE,
            kinds=("nano",),
        ),
        Entry(
            name="idefics3",
            target="sensorium.models.idefics3.answerer:load",
            summary="Idefics3, SmolVLM and SmolVLM2: several pictures in tiles, films as frames with their times",
            modalities=("text", "image", "video"),
            licence="Apache-2.0",
            source="HuggingFaceTB/SmolVLM-256M-Instruct",
            size=513_000_000,
            kinds=("idefics3", "smolvlm"),
        ),
        Entry(
            name="llava",
            target="sensorium.models.llava.answerer:load",
            summary="LLaVA-1.5, LLaVA-Interleave and LLaVA-NeXT: pictures whole or in tiles, Llama, Mistral or Qwen 2",
            modalities=("text", "image"),
            licence="varies; the smallest: research only",
            source="llava-hf/llava-interleave-qwen-0.5b-hf",
            size=1_730_000_000,
            kinds=("llava", "llava_next", "llava_llama", "llava_mistral", "llava_qwen"),
        ),
        Entry(
            name="mllama",
            target="sensorium.models.mllama.answerer:load",
            summary="Llama 3.2 Vision: pictures in up to four tiles, looked at from layers of their own",
            modalities=("text", "image"),
            licence="Llama 3.2 Community License",
            source="meta-llama/Llama-3.2-11B-Vision-Instruct",
            size=21_340_000_000,
            kinds=("mllama",),
        ),
        Entry(
            name="qwen_vl",
            target="sensorium.models.qwen_vl.answerer:load",
            summary="Qwen2-VL, Qwen2.5-VL, Qwen3-VL: pictures at their own size, films with times, places in answers",
            modalities=("text", "image", "video"),
            licence="Apache-2.0, some sizes another",
            source="Qwen/Qwen3-VL-2B-Instruct",
            size=4_300_000_000,
            kinds=("qwen2_vl", "qwen2_5_vl", "qwen3_vl"),
        ),
        Entry(
            name="gemma3",
            target="sensorium.models.gemma3.answerer:load",
            summary="Gemma 3 of 4B and more: talks about several pictures, in many languages",
            modalities=("text", "image"),
            licence="Gemma terms of use",
            source="google/gemma-3-4b-it",
            size=8_600_000_000,
            kinds=("gemma3",),
        ),
        Entry(
            name="paligemma",
            target="sensorium.models.paligemma.answerer:load",
            summary="PaliGemma 1 and 2: single questions about pictures, captions, text in pictures, places in answers",
            modalities=("text", "image"),
            licence="Gemma terms of use",
            source="google/paligemma2-3b-mix-224",
            size=6_070_000_000,
            kinds=("paligemma",),
        ),
        Entry(
            name="qwen2_audio",
            target="sensorium.models.qwen2_audio.answerer:load",
            summary="Qwen2-Audio: talks about sounds of up to 30 s each: speech, music and all else; several at once",
            modalities=("text", "audio"),
            licence="Apache-2.0",
            source="Qwen/Qwen2-Audio-7B-Instruct",
            size=16_794_000_000,
            kinds=("qwen2_audio",),
        ),
        Entry(
            name="composed",
            target="sensorium.models.composed.answerer:load",
            summary="your own: encoders, connectors, fusion and language model put together by a YAML, then trained",
            modalities=("text", "image", "audio", "video"),
            licence="that of its parts",
            source="FOLDER",
            size=1_000_000,
            kinds=("composed",),
        ),
        Entry(
            name="text",
            target="sensorium.models.text.answerer:load",
            summary="Llama, SmolLM2, Mistral, Qwen2, Qwen3, Gemma 1 to 3: words only, for talks without media",
            modalities=("text",),
            licence="varies; the smallest: Apache-2.0",
            source="HuggingFaceTB/SmolLM2-135M-Instruct",
            size=269_000_000,
            kinds=("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text"),
        ),
    ),
)
"""Families that answer in words."""

EMBEDDERS: Catalogue[Callable[[Path], "Placing"]] = Catalogue(
    "model that embeds",
    (
        Entry(
            name=SPACE,
            target="sensorium.models.nano_space.folder:load_space",
            summary="bundled: texts, pictures, sounds and films in one space: digits, clothing, things, sounds, shapes",
            modalities=("text", "image", "audio", "video"),
            licence="Apache-2.0",
            source=BUNDLED_SOURCE,
            kinds=("nano-space",),
        ),
        Entry(
            name="clip",
            target="sensorium.models.dual.load:load_dual",
            summary="CLIP: pictures and texts in one space; names for pictures without training",
            modalities=("text", "image"),
            licence="MIT",
            source="openai/clip-vit-base-patch32",
            size=605_000_000,
            kinds=("clip", "clip_vision_model", "clip_text_model"),
        ),
        Entry(
            name="siglip",
            target="sensorium.models.dual.load:load_dual",
            summary="SigLIP, and plain SigLIP 2: pictures and texts in one space, each pair judged for itself",
            modalities=("text", "image"),
            licence="Apache-2.0",
            source="google/siglip-base-patch16-224",
            size=813_000_000,
            kinds=("siglip", "siglip_vision_model", "siglip_text_model"),
        ),
    ),
)
"""Families that give texts and media a place in one space."""

TRANSCRIBERS: Catalogue[Any] = Catalogue(
    "model that writes down speech",
    (
        Entry(
            name="whisper",
            target="sensorium.models.whisper.load:load",
            summary="Whisper: speech to text in many languages, to English from any of them, times of words",
            modalities=("audio",),
            licence="Apache-2.0",
            source="openai/whisper-tiny",
            size=151_000_000,
            kinds=("whisper",),
        ),
        Entry(
            name="wav2vec2",
            target="sensorium.models.wav2vec2.load:load",
            summary="wav2vec 2.0 with CTC: speech of the checkpoint's language to text, times of words",
            modalities=("audio",),
            licence="Apache-2.0",
            source="facebook/wav2vec2-base-960h",
            size=378_000_000,
            kinds=("wav2vec2",),
        ),
    ),
)
"""Families that write down speech; `runtime/transcription.py` knows how each is called."""

CLASSIFIERS: Catalogue[Callable[[Path], "VideoModel"]] = Catalogue(
    "model that names films",
    (
        Entry(
            name="videomae",
            target="sensorium.models.videomae.load:load",
            summary="VideoMAE: what is done in a film, of the checkpoint's classes; attention over space and time",
            modalities=("video",),
            licence="CC-BY-NC-4.0",
            source="MCG-NJU/videomae-base-finetuned-kinetics",
            size=346_000_000,
            kinds=("videomae",),
        ),
        Entry(
            name="timesformer",
            target="sensorium.models.timesformer.load:load",
            summary="TimeSformer: the same; attention over time, then over space",
            modalities=("video",),
            licence="CC-BY-NC-4.0",
            source="facebook/timesformer-base-finetuned-k400",
            size=486_000_000,
            kinds=("timesformer",),
        ),
        Entry(
            name="r3d",
            target="sensorium.models.r3d.load:load",
            summary="R3D-18: the same; 3D convolutions, torchvision's weights beside a config.json of ours",
            modalities=("video",),
            licence="BSD-3-Clause",
            source="torchvision's r3d_18",
            size=133_000_000,
            kinds=("r3d",),
        ),
    ),
)
"""Families that say which of their classes a film is."""

COMMANDS: Mapping[str, Catalogue[Any]] = MappingProxyType(
    {"ask": FAMILIES, "embed": EMBEDDERS, "transcribe": TRANSCRIBERS, "classify": CLASSIFIERS}
)
"""All families, by the command that takes their models."""


def find(name: str, *, progress: Progress | None = None, catalogue: "Catalogue[Any] | None" = None) -> tuple[str, Path]:
    """The family and the folder that a name, a path or an id of the Hub stands for; the last is fetched if need be.

    Args:
        name: what was given.
        progress: told while a model is fetched.
        catalogue: where to look; None for families that answer.

    Raises: UsageError for a name that is in no catalogue and is no folder; CheckpointError for a folder without a
    model of such a family; ModelError when a model cannot be fetched.
    """
    families = catalogue or FAMILIES
    folder = locate(name, progress=progress, catalogue=families)
    family = reader(folder, families)
    if family is None:
        raise no_reader(folder, families)
    return family, folder


def locate(name: str, *, progress: Progress | None = None, catalogue: "Catalogue[Any] | None" = None) -> Path:
    """The folder that a name stands for, whatever is in it. Args and raises: as `find`, but for the family."""
    families = catalogue or FAMILIES
    if name in families.names() and families.get(name).source == BUNDLED_SOURCE:
        return bundled(name)
    return _folder(name) or _fetched(name, families, progress)


def bundled(name: str) -> Path:
    """The folder of a model that comes with the package, by its name in a catalogue."""
    return {DEFAULT: BUNDLED, SPACE: BUNDLED_SPACE}[name]


def _fetched(name: str, families: "Catalogue[Any]", progress: Progress | None) -> Path:
    from sensorium.weights.hub import is_hub_name, resolve

    if is_file(name) or not is_hub_name(name):
        raise no_such_model(name, families, COMMANDS)
    return resolve(name, progress=progress)


def reader(folder: Path, families: "Catalogue[Any]") -> str | None:
    """Which of the families reads a folder; None when none does.

    Raises: CheckpointError for no model folder; UsageError for a model that another command takes.
    """
    kind = model_type(folder)
    found = _of_kind(kind, families)
    for command, others in COMMANDS.items():
        if found is None and (family := _of_kind(kind, others)):
            raise UsageError(
                f"{folder}: is of the family {family}; expected a {families.kind}. It is for another command: "
                f"sensorium {command} --model {folder}"
            )
    return found


def embeds(folder: Path) -> bool:
    """Whether a folder is that of a model that embeds. Raises: CheckpointError for what is no model folder."""
    return _of_kind(model_type(folder), EMBEDDERS) is not None


def _of_kind(kind: object, families: "Catalogue[Any]") -> str | None:
    return next((entry.name for entry in families.entries if kind in entry.kinds), None)


def model_type(folder: Path) -> object:
    """What the config.json of a folder calls its family. Raises: CheckpointError for what is no model folder."""
    return _config(folder).get("model_type")


def no_reader(folder: Path, families: "Catalogue[Any]") -> CheckpointError:
    """The error for a folder that none of the families reads."""
    known = ", ".join(sorted(kind for entry in families.entries for kind in entry.kinds))
    return CheckpointError(
        f"{folder / 'config.json'}: model_type is {model_type(folder)!r}; expected that of a {families.kind}: {known}. "
        "Choose one of these (sensorium models)."
    )


def _config(folder: Path) -> dict[str, object]:
    path = folder / CONFIG
    if not path.is_file():
        raise no_model_folder(folder)
    return read_json(path)


def _folder(name: str) -> Path | None:
    """The folder at a path; None for one that is not there, cannot be reached, or is no path at all."""
    try:
        folder = Path(name).expanduser()
        return folder if name and folder.is_dir() else None
    except (OSError, RuntimeError):  # a name too long, a folder of another user's, "~" of a user who is not there
        return None


def memory_for(weights: int) -> int:
    """Bytes of memory that a model with so many bytes of weights needs: peak while loading, and all else.

    The rest is Python, PyTorch and a picture on its way through a small model.
    """
    return round(1.15 * weights) + 300_000_000


def card_template(family: str) -> Path:
    """The card of a family, with places for what is measured (evaluation/card.py)."""
    return Path(__file__).parent / family / "card.md"
