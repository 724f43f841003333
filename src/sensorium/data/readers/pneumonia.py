"""PneumoniaMNIST: does a child's chest X-ray show pneumonia? The set's own validation part is held out.

Training draws both answers evenly, though three of four pictures show pneumonia. Not for diagnosis.
"""

from functools import cached_property, partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import add_grain, cut_out, move_picture, recolour
from sensorium.data.phrasing import NO, THERE_IS, THERE_IS_NOT, YES, Phrasing, Word, ask
from sensorium.data.readers.files import as_image, existing
from sensorium.data.readers.grey import GreySet, coloured, enlarge
from sensorium.data.readers.questions import DESCRIBE, WHAT_IS_SHOWN, Maker, examine, talk
from sensorium.data.readers.splits import checked, split_where
from sensorium.data.sample import Sample, Turn

FINDINGS = (Word("normal lungs", "肺部正常"), Word("pneumonia", "肺炎"))
XRAY = Word("chest X-ray", "胸部X光片")

SHOWS_PNEUMONIA = Phrasing(
    en=(
        *("Does this X-ray show pneumonia?",) * 4,
        *("Is there pneumonia in this chest X-ray?",) * 3,
        "Is there pneumonia?",
        "Does the chest X-ray show pneumonia?",
        "Does the patient have pneumonia?",
        "Does this child have pneumonia?",
        "Do you see pneumonia?",
        "Can you see signs of pneumonia?",
        "Are there signs of pneumonia in the picture?",
        "Pneumonia?",
    ),
    zh=("这张X光片有肺炎吗？", "这张胸片显示有肺炎吗？", "有肺炎吗？", "图中有没有肺炎？", "病人有肺炎吗？"),
)
IS_NORMAL = Phrasing(
    en=(
        "Are the lungs normal?",
        "Is this X-ray normal?",
        "Are these lungs healthy?",
        "Is the chest X-ray normal?",
        "Are the lungs healthy?",
        "Is this a normal X-ray?",
        "Does this X-ray look normal?",
        "Is the child healthy?",
    ),
    zh=("这是正常的肺吗？", "这张X光片是正常的吗？", "肺部是正常的吗？", "是正常的吗"),
)
WHAT_IT_SHOWS = Phrasing(
    en=(
        *("What does the X-ray show?",) * 3,
        "What does this X-ray show?",
        "What does the chest X-ray show?",
        "What is the finding?",
        "What is the diagnosis?",
        "Which finding do you see?",
        "Does it show pneumonia or normal lungs?",
        "Normal lungs or pneumonia?",
        "What is wrong with the lungs, if anything?",
    ),
    zh=("这张X光片显示什么？", "胸片显示什么？", "诊断是什么？", "是肺炎还是肺部正常？", "有什么发现"),
)
WHAT_KIND = Phrasing(
    en=(
        *WHAT_IS_SHOWN.en,
        "What kind of picture is this?",
        "What kind of image is this?",
        "What type of medical image is this?",
        "Which kind of scan is it?",
        "What sort of picture is it?",
    ),
    zh=("这是什么？", "这是什么类型的图片？", "这是哪种医学图像？", "这是什么图", "图里是什么？"),
)


class PneumoniaMnist:
    """The X-rays of `folder`; read when first used."""

    name = "pneumonia"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _set(self) -> GreySet:
        parts = _read(self._folder / "pneumoniamnist-train-val.npz")
        labels = np.concatenate([parts["train_labels"], parts["val_labels"]]).reshape(-1)
        held = np.arange(len(labels)) >= len(parts["train_labels"])
        pictures = np.concatenate([parts["train_images"], parts["val_images"]])
        return GreySet(pictures, labels, split_where(labels, held, len(FINDINGS), self.name))

    @cached_property
    def validation_size(self) -> int:
        """As many of each finding: twice the rarer one of the set's validation part."""
        return len(FINDINGS) * min(len(items) for items in self._set.split.held_out)

    def train(self, rng: np.random.Generator) -> Sample:
        """One X-ray, whether it shows pneumonia, and one to four more questions."""
        item, label = self._set.split.draw(rng)
        pixels = enlarge(_vary(coloured(self._set.pictures[item]), rng), rng)
        primary = ask(rng, SHOWS_PNEUMONIA, THERE_IS if label else THERE_IS_NOT, "finding")
        makers: list[Maker] = [
            partial(ask, phrasing=IS_NORMAL, answer=NO if label else YES, kind="finding"),
            partial(ask, phrasing=WHAT_IT_SHOWS, answer=FINDINGS[label], kind="finding"),
            partial(ask, phrasing=WHAT_KIND, answer=XRAY, kind="name"),
            partial(_ask_caption, label=label),
        ]
        return Sample((as_image(pixels, self.name),), talk(rng, primary, makers, "image"), self.name)

    def validation(self, index: int) -> Sample:
        """A held-out X-ray, and whether it shows pneumonia. Raises: UsageError for an index out of range."""
        item = int(self._set.split.fair_order[checked(index, self.validation_size, self.name)])
        answer = THERE_IS if self._set.labels[item] else THERE_IS_NOT
        turns = examine(index, "Does this X-ray show pneumonia?", SHOWS_PNEUMONIA, answer, "finding")
        return Sample((as_image(self._set.pictures[item], self.name),), turns, self.name)


def _read(path: Path) -> dict[str, NDArray[np.uint8]]:
    try:
        with np.load(existing(path)) as arrays:
            return {
                f"{part}_{what}": arrays[f"{part}_{what}"] for part in ("train", "val") for what in ("images", "labels")
            }
    except (KeyError, ValueError, OSError, EOFError, BadZipFile) as error:
        raise UnreadableMedia(
            f"{path}: {error}; expected train_images, train_labels, val_images, val_labels. Fetch the file again."
        ) from error


def _vary(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Never flipped: the heart is on one side."""
    if rng.random() < 0.7:
        pixels = move_picture(pixels, rng, shift=0.06, degrees=8.0, scale=(0.92, 1.12))
    if rng.random() < 0.6:
        pixels = recolour(pixels, rng, strength=0.25)
    if rng.random() < 0.2:
        pixels = add_grain(pixels, rng, most=10)
    if rng.random() < 0.15:
        pixels = cut_out(pixels, rng, share=0.25)
    return pixels


def _ask_caption(rng: np.random.Generator, label: int) -> Turn:
    english = ("normal lungs", "pneumonia")[label]
    chinese = ("正常的肺部", "肺炎")[label]
    captions = (
        Word(f"A chest X-ray with {english}.", f"一张显示{chinese}的胸部X光片。"),
        Word(f"A chest X-ray showing {english}.", f"胸部X光片，显示{chinese}。"),
        Word(f"An X-ray of a child's chest with {english}.", f"一张儿童胸部X光片，显示{chinese}。"),
    )
    return ask(rng, DESCRIBE, captions[int(rng.integers(len(captions)))], "caption", weight=0.2)
