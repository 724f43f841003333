"""Cut defects out of printed circuit boards, a folder for each type: `python cut_boards.py DEEPPCB PICTURES`.

DEEPPCB is the folder of a public set (DeepPCB, MIT licence): scans in a tar, and the boxes of their defects. It
stands in for pictures of your own. The last fifth of the boards is kept apart in PICTURES/test. Of each defect on the
others there are four pictures, a quarter turned and shifted a little each: a board has no upright.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.data.readers.files import as_image, decode_picture, read_archive, read_lines
from sensorium.media.encode import encode_image

SIDE, SHIFT, COPIES, TESTED = 48, 6, 4, 0.2


def pieces(
    scan: NDArray[np.uint8], box: list[int], shift: int, copies: int, rng: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """Squares [SIDE, SIDE] around a box (left, top, right, bottom) of a scan [height, width]."""
    for turn in range(copies):
        middle = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2
        left, top = (int(place - SIDE // 2 + rng.integers(-shift, shift + 1)) for place in middle)
        left, top = min(max(0, left), scan.shape[1] - SIDE), min(max(0, top), scan.shape[0] - SIDE)
        piece = scan[top : top + SIDE, left : left + SIDE]
        yield np.ascontiguousarray(np.rot90(piece, turn))


def cut(source: Path, out: Path) -> int:
    """Write the pictures. Returns: how many."""
    rng = np.random.default_rng(0)
    tars = (read_archive(tar, ".jpg") for tar in sorted(source.glob("*.tar")))
    scans = {name: decode_picture(content, name)[:, :, 0] for tar in tars for name, content in tar}
    boards = read_lines(source / "annotations.jsonl")
    written = 0
    for number, board in enumerate(boards):
        tested = number >= len(boards) * (1 - TESTED)
        for place, defect in enumerate(board["defects"]):
            folder = out / ("test" if tested else "train") / defect["type"]
            folder.mkdir(parents=True, exist_ok=True)
            how = (0, 1) if tested else (SHIFT, COPIES)
            for copy, piece in enumerate(pieces(scans[board["image"]], defect["box"], *how, rng)):
                name = f"{Path(board['image']).stem}-{place}-{copy}.png"
                (folder / name).write_bytes(encode_image(as_image(piece, name)))
                written += 1
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("deeppcb", type=Path)
    parser.add_argument("pictures", type=Path)
    given = parser.parse_args()
    print(cut(given.deeppcb, given.pictures), "pictures")
