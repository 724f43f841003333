"""DeepPCB: defects on printed circuit boards, in pieces cut from scans of 640 px. A fifth of the boards is held out.

A piece with a defect holds that one defect, whole. A piece without comes half of the time from the template of
the very place where the board has a defect, so that the defect alone makes the difference. A third of the samples
shows the piece of the board and the same piece of its template. Boards of one design are on both sides of the split,
as in the set's own test list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import add_grain
from sensorium.data.phrasing import NO, THERE_IS, THERE_IS_NOT, YES, Word, ask
from sensorium.data.readers.deeppcb_questions import (
    ARE_EQUAL,
    BOARD,
    DEFECTS,
    IS_DEFECTIVE,
    NONE,
    WHAT_DEFECT,
    WHAT_DIFFERS,
    WHAT_OBJECT,
    WHERE_DEFECT,
)
from sensorium.data.readers.files import as_image, decode_picture, read_archive, read_lines
from sensorium.data.readers.questions import DESCRIBE, Maker, talk, which_of
from sensorium.data.readers.splits import checked
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import Image

LEAST, MOST = 96, 128
"""Sides of a piece in pixels."""

TYPES = tuple(DEFECTS)
MARGIN = 3
"""Pixels between a defect and the edge of its piece."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class _Board:
    """Scan and template uint8 [height, width], and the boxes (x1, y1, x2, y2) of the defects with their types."""

    scan: NDArray[np.uint8]
    template: NDArray[np.uint8]
    defects: tuple[tuple[Box, str], ...]

    def alone(self, window: Box, box: Box) -> bool:
        """Whether the window holds `box` whole and touches no other defect."""
        inside = _within(box, window)
        return inside and not any(_touch(other, window) for other, _ in self.defects if other != box)


@dataclass(frozen=True, eq=False)
class _Piece:
    """Scan and template of one window uint8 [side, side]; the type of its defect and its box, or neither."""

    scan: NDArray[np.uint8]
    template: NDArray[np.uint8]
    defect: str | None
    box: Box | None

    def turned(self, rng: np.random.Generator) -> "_Piece":
        """Turned and mirrored in one of eight ways: a board has no upright."""
        quarters, mirrored = int(rng.integers(4)), rng.random() < 0.5
        mask = np.zeros(self.scan.shape, np.uint8)
        if self.box is not None:
            mask[self.box[1] : self.box[3], self.box[0] : self.box[2]] = 1
        scan, template, mask = (_turned(array, quarters, mirrored) for array in (self.scan, self.template, mask))
        return _Piece(scan, template, self.defect, None if self.box is None else _bounds(mask))

    def percent(self) -> str:
        """The box as "x1,y1,x2,y2" in percent of the piece."""
        return ",".join(str(round(100 * edge / len(self.scan))) for edge in self.box or ())


class DeepPcb:
    """The boards of `folder`; read when first used."""

    name = "deeppcb"
    validation_size = 240

    def __init__(self, folder: Path, *, held_out: float = 0.2) -> None:
        self._folder = folder
        self._held_out = held_out

    @cached_property
    def _boards(self) -> tuple[Sequence[_Board], Sequence[_Board]]:
        """For training, and held out."""
        archive = read_archive(self._folder / "deeppcb-120-pairs.tar", ".jpg")
        scans = {name: decode_picture(content, name)[:, :, 0] for name, content in archive}
        boards = []
        for row in read_lines(self._folder / "annotations.jsonl"):
            if row["image"] not in scans or row["template"] not in scans:
                raise UnreadableMedia(
                    f"{row['image']}: not in the tar with its template. Fetch tar and table together."
                )
            defects = tuple((_box(defect["box"]), str(defect["type"])) for defect in row["defects"])
            boards.append(_Board(scans[row["image"]], scans[row["template"]], defects))
        held = max(1, round(len(boards) * self._held_out))
        return boards[:-held], boards[-held:]

    @cached_property
    def _places(self) -> tuple[dict[str, list[tuple[_Board, Box]]], dict[str, list[tuple[_Board, Box]]]]:
        """By type, the defects that a piece of the largest size can show alone; for training, and held out."""
        training, held = self._boards
        return _lone_defects(training, self.name), _lone_defects(held, self.name)

    def train(self, rng: np.random.Generator) -> Sample:
        """One piece, or it and its template, the name of the defect and one to four more questions."""
        piece = self._draw(rng, defective=rng.random() < 0.7, held=False).turned(rng)
        pair = rng.random() < 1 / 3
        answer = NONE if piece.defect is None else DEFECTS[piece.defect].word
        primary = ask(rng, WHAT_DIFFERS if pair else WHAT_DEFECT, answer, "difference" if pair else "defect")
        makers = _makers(rng, piece, pair)
        media = (_shown(piece.scan, rng), _shown(piece.template, rng))[: 2 if pair else 1]
        if pair and rng.random() < 0.5:
            media = media[::-1]
        return Sample(media, talk(rng, primary, makers, "image"), self.name)

    def validation(self, index: int) -> Sample:
        """A piece of a held-out board: by turns the defect, whether there is one, the difference, the place.

        Raises: UsageError for an index out of range.
        """
        rng = np.random.default_rng(checked(index, self.validation_size, self.name))
        what = index % 4
        wanted = (*TYPES, None)[index // 4 % 7] if what in (0, 2) else None
        defective = wanted is not None if what in (0, 2) else what == 3 or index % 8 == 1
        piece = self._draw(rng, defective=defective, held=True, wanted=wanted)
        scan, template = as_image(piece.scan, self.name), as_image(piece.template, self.name)
        name = "none" if piece.defect is None else piece.defect
        turn = (
            Turn("What defect is this?", name, "defect"),
            Turn("Is the board defective?", "yes" if defective else "no", "defective"),
            Turn("What is the difference between the two pictures?", name, "difference"),
            Turn("Where is the defect?", piece.percent(), "place", measure="box"),
        )[what]
        return Sample((scan, template) if what == 2 else (scan,), (turn,), self.name)

    def _draw(self, rng: np.random.Generator, *, defective: bool, held: bool, wanted: str | None = None) -> _Piece:
        """Cut a window: around a defect, or around none."""
        places = self._places[held]
        kinds = sorted(places)
        kind = wanted or kinds[int(rng.integers(len(kinds)))]
        board, box = places[kind][int(rng.integers(len(places[kind])))]
        window = _window_around(rng, board, box)
        if defective:
            return _cut(board.scan, board.template, window, box, kind)
        if rng.random() < 0.5:
            return _cut(board.template, board.template, window)
        free = _free_window(rng, board)
        return _cut(board.template if free is None else board.scan, board.template, free or window)


def _makers(rng: np.random.Generator, piece: _Piece, pair: bool) -> list[Maker]:
    makers: list[Maker] = [
        partial(ask, phrasing=WHAT_OBJECT, answer=BOARD, kind="name"),
        partial(_ask_caption, piece=piece),
    ]
    defective = piece.defect is not None
    if not defective or rng.random() < 3 / 7:  # 70 % of the pieces have a defect: yes as often as no
        makers.append(
            partial(ask, phrasing=IS_DEFECTIVE, answer=THERE_IS if defective else THERE_IS_NOT, kind="defective")
        )
        if pair:
            makers.append(partial(ask, phrasing=ARE_EQUAL, answer=NO if defective else YES, kind="difference"))
    if piece.defect is not None:
        others = [other for name, other in DEFECTS.items() if name != piece.defect]
        makers.append(partial(which_of, thing=DEFECTS[piece.defect], others=others))
        makers.append(partial(ask, phrasing=WHERE_DEFECT, answer=piece.percent(), kind="place", measure="box"))
    return makers


def _ask_caption(rng: np.random.Generator, piece: _Piece) -> Turn:
    if piece.defect is None:
        caption = Word("A piece of a circuit board without a defect.", "一块没有缺陷的电路板。")
    else:
        thing = DEFECTS[piece.defect]
        caption = Word(f"A piece of a circuit board with {thing.a.en}.", f"一块有{thing.word.zh}缺陷的电路板。")
    return ask(rng, DESCRIBE, caption, "caption", weight=0.2)


def _shown(pixels: NDArray[np.uint8], rng: np.random.Generator) -> Image:
    rgb = as_image(pixels, DeepPcb.name).pixels
    return Image(add_grain(rgb, rng) if rng.random() < 0.2 else rgb, source=DeepPcb.name)


def _lone_defects(boards: Sequence[_Board], name: str) -> dict[str, list[tuple[_Board, Box]]]:
    places: dict[str, list[tuple[_Board, Box]]] = {kind: [] for kind in TYPES}
    for board in boards:
        for box, kind in board.defects:
            if board.alone(_centred(board, box, MOST), box):
                places[kind].append((board, box))
    empty = [kind for kind, found in places.items() if not found]
    if empty:
        raise UnreadableMedia(
            f"{name}: no piece shows {', '.join(empty)} alone; each type is needed. Fetch the set again."
        )
    return places


def _window_around(rng: np.random.Generator, board: _Board, box: Box) -> Box:
    """A random window that shows the defect alone; after eight failures the one with it in the middle."""
    height, width = board.scan.shape
    for _ in range(8):
        side = int(rng.integers(LEAST // 8, MOST // 8 + 1)) * 8
        low = max(0, box[2] + MARGIN - side), max(0, box[3] + MARGIN - side)
        high = min(width - side, box[0] - MARGIN), min(height - side, box[1] - MARGIN)
        if low[0] <= high[0] and low[1] <= high[1]:
            left, top = int(rng.integers(low[0], high[0] + 1)), int(rng.integers(low[1], high[1] + 1))
            window = (left, top, left + side, top + side)
            if board.alone(window, box):
                return window
    return _centred(board, box, MOST)


def _free_window(rng: np.random.Generator, board: _Board) -> Box | None:
    """A random window without a defect and not all of one colour, or None after sixteen failures."""
    height, width = board.scan.shape
    for _ in range(16):
        side = int(rng.integers(LEAST // 8, MOST // 8 + 1)) * 8
        left, top = int(rng.integers(width - side + 1)), int(rng.integers(height - side + 1))
        window = (left, top, left + side, top + side)
        bright = float(board.scan[top : top + side : 4, left : left + side : 4].mean())
        if 13 < bright < 242 and not any(_touch(box, window) for box, _ in board.defects):
            return window
    return None


def _centred(board: _Board, box: Box, side: int) -> Box:
    height, width = board.scan.shape
    left = min(max(0, (box[0] + box[2] - side) // 2), width - side)
    top = min(max(0, (box[1] + box[3] - side) // 2), height - side)
    return left, top, left + side, top + side


def _cut(
    scan: NDArray[np.uint8], template: NDArray[np.uint8], window: Box, box: Box | None = None, kind: str | None = None
) -> _Piece:
    left, top, right, bottom = window
    moved = None if box is None else (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    return _Piece(scan[top:bottom, left:right], template[top:bottom, left:right], kind, moved)


def _turned(pixels: NDArray[np.uint8], quarters: int, mirrored: bool) -> NDArray[np.uint8]:
    turned: NDArray[np.uint8] = np.rot90(pixels[:, ::-1] if mirrored else pixels, quarters)
    return np.ascontiguousarray(turned)


def _within(box: Box, window: Box) -> bool:
    return window[0] <= box[0] and window[1] <= box[1] and box[2] <= window[2] and box[3] <= window[3]


def _touch(one: Box, two: Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _bounds(mask: NDArray[np.uint8]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _box(values: Sequence[int]) -> Box:
    left, top, right, bottom = (int(value) for value in values)
    return left, top, right, bottom
