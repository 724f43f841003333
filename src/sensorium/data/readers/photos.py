"""A few photographs and charts with captions and questions written by people: variety, not a benchmark.

Only pictures whose licence allows training (`train_ok`) are read; all charts may. Every sixth is held out. The
questions are in English, as their authors wrote them; the kind of a chart is asked in both languages. Pictures are
shrunk to 160x160 pixels or the same area, where small print is lost, so scanned documents are not used here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import crop_picture, recolour
from sensorium.data.phrasing import Phrasing, Word, ask
from sensorium.data.readers.files import as_image, decode_picture, existing, read_lines
from sensorium.data.readers.questions import DESCRIBE, Maker, talk
from sensorium.data.readers.splits import checked
from sensorium.data.sample import Sample, Turn

MOST_PIXELS = 160 * 160
HELD_OUT_EVERY = 6
CHART_KINDS = {
    "bar": Word("bar chart", "柱状图"),
    "line": Word("line chart", "折线图"),
    "area": Word("area chart", "面积图"),
    "arc": Word("pie chart", "饼图"),
    "donut": Word("donut chart", "环形图"),
    "rect": Word("heatmap", "热力图"),
    "circle": Word("dot plot", "点图"),
}
CHART = Word("chart", "图表")
"""What a chart of mixed marks is called."""

NEVER_SHOWN = (
    Word("snowman", "雪人"),
    Word("birthday cake", "生日蛋糕"),
    Word("kite", "风筝"),
    Word("firefighter", "消防员"),
    Word("horse", "马"),
    Word("teapot", "茶壶"),
)

WHICH_CHART = Phrasing(
    en=(
        *("What is this?",) * 3,
        *("What is in this picture?",) * 2,
        *("What kind of chart is this?",) * 3,
        "Which kind of chart is it?",
        "What type of chart is shown?",
        "What sort of graph is this?",
        "Name the type of chart.",
        "What kind of diagram is this?",
    ),
    zh=("这是什么？", "这是什么图？", "这是哪种图表？", "图表是什么类型的？", "是什么图"),
)


@dataclass(frozen=True, eq=False)
class _Picture:
    """Pixels uint8 [height, width, 3]; (question, answer) pairs, maybe none; a caption or the kind of chart."""

    pixels: NDArray[np.uint8]
    asked: tuple[tuple[str, str], ...]
    caption: str | None = None
    chart: Word | None = None


class Photos:
    """The pictures of the folders `photos` and `charts`; read when first used."""

    name = "photos"

    def __init__(self, photos: Path, charts: Path) -> None:
        self._photos = photos
        self._charts = charts

    @cached_property
    def _pictures(self) -> tuple[Sequence[_Picture], Sequence[_Picture]]:
        """For training, and held out; a held-out one has a question."""
        pictures = [_photo(self._photos, row) for row in read_lines(self._photos / "captions.jsonl") if row["train_ok"]]
        pictures += [_chart(self._charts, row) for row in read_lines(self._charts / "charts.jsonl")]
        held = [picture for picture in pictures if picture.asked][HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
        train = [picture for picture in pictures if picture not in held]
        if not held:
            raise UnreadableMedia(
                f"{self._photos}: {len(pictures)} pictures that may train; at least {HELD_OUT_EVERY} with questions "
                "are needed. Fetch the set again."
            )
        return train, held

    @cached_property
    def validation_size(self) -> int:
        """The first question about each held-out picture."""
        return len(self._pictures[1])

    def train(self, rng: np.random.Generator) -> Sample:
        """One picture, a little varied, with what is known about it."""
        train, _ = self._pictures
        picture = train[int(rng.integers(len(train)))]
        pixels = picture.pixels
        if picture.chart is None and rng.random() < 0.7:
            pixels = crop_picture(pixels, rng, area=(0.75, 1.0))
        if rng.random() < 0.5:
            pixels = recolour(pixels, rng, strength=0.2)
        primary, *others = _makers(picture)
        return Sample((as_image(pixels, self.name),), talk(rng, primary(rng), others, "image", NEVER_SHOWN), self.name)

    def validation(self, index: int) -> Sample:
        """A held-out picture and its first question. Raises: UsageError for an index out of range."""
        picture = self._pictures[1][checked(index, self.validation_size, self.name)]
        question, answer = picture.asked[0]
        return Sample((as_image(picture.pixels, self.name),), (Turn(question, answer, "question"),), self.name)


def _makers(picture: _Picture) -> list[Maker]:
    makers: list[Maker] = [partial(_say, question=question, answer=answer) for question, answer in picture.asked]
    if picture.chart is not None:
        makers.insert(0, partial(ask, phrasing=WHICH_CHART, answer=picture.chart, kind="name"))
    if picture.caption is not None:
        makers.append(partial(_ask_caption, caption=picture.caption))
    return makers


def _say(rng: np.random.Generator, question: str, answer: str) -> Turn:
    """As it was written, or half of the time as people type it."""
    typed = (question[0].lower() + question[1:]).rstrip("?") if rng.random() < 0.5 else question
    return Turn(typed, answer, "question")


def _ask_caption(rng: np.random.Generator, caption: str) -> Turn:
    return Turn(DESCRIBE.pick_in(rng, "en"), caption, "caption", weight=0.2)


def _photo(folder: Path, row: dict[str, Any]) -> _Picture:
    return _Picture(_read(folder / row["image"]), _asked(row), caption=row["caption"])


def _chart(folder: Path, row: dict[str, Any]) -> _Picture:
    mark = json.loads(existing(folder / row["spec"]).read_text(encoding="utf-8")).get("mark")
    details = mark if isinstance(mark, dict) else {"type": mark}
    kind = "donut" if "innerRadius" in details else details["type"]
    return _Picture(_read(folder / row["image"]), _asked(row), chart=CHART_KINDS.get(kind, CHART))


def _asked(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((pair["question"], pair["answers"][0]) for pair in row["qa"])


def _read(path: Path) -> NDArray[np.uint8]:
    return decode_picture(existing(path).read_bytes(), path.name, most_pixels=MOST_PIXELS)
