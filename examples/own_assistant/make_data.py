"""Make training data in LLaVA's JSON of pictures in folders: `python make_data.py PICTURES OUT [--question TEXT]`.

PICTURES has a folder of pictures for each answer, named by it; OUT/train.json and OUT/test.json are written. Where
PICTURES holds two folders, train and test, with such folders in each, they say which pictures the test is about;
otherwise it is the last fifth of every answer's pictures, by their names. Keep pictures that belong together, several
of one thing for example, on one side: what was seen in training tells nothing in a test.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

TESTED = 0.2


def by_answer(folder: Path) -> dict[str, list[Path]]:
    """Pictures in order, by the name of the folder that they lie in."""
    folders = sorted(each for each in folder.iterdir() if each.is_dir())
    return {each.name: sorted(path for path in each.iterdir() if path.is_file()) for each in folders}


def split(pictures: Path) -> dict[str, dict[str, list[Path]]]:
    """Pictures to train on, and to test with, by answer."""
    if (pictures / "train").is_dir() and (pictures / "test").is_dir():
        return {side: by_answer(pictures / side) for side in ("train", "test")}
    found = by_answer(pictures)
    cut = {answer: len(paths) - max(1, round(TESTED * len(paths))) for answer, paths in found.items()}
    return {
        "train": {answer: paths[: cut[answer]] for answer, paths in found.items()},
        "test": {answer: paths[cut[answer] :] for answer, paths in found.items()},
    }


def record(path: Path, answer: str, question: str, out: Path) -> dict[str, Any]:
    """A picture, a question and its answer, as LLaVA has it; paths begin in the folder of the file."""
    talk = [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]
    return {"image": os.path.relpath(path, out), "conversations": talk}


def main() -> None:
    """Read the command line, write both files, say how many records they have."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--question", default="What is this?")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for side, answers in split(given.pictures).items():
        records = [record(path, name, given.question, given.out) for name, paths in answers.items() for path in paths]
        (given.out / f"{side}.json").write_text(json.dumps(records, indent=1, ensure_ascii=False), encoding="utf-8")
        print(f"{given.out / side}.json: {len(records)} records, {len(answers)} answers")


if __name__ == "__main__":
    main()
