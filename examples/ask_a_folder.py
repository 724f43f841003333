"""Ask one question about every file of a folder: `python examples/ask_a_folder.py FOLDER QUESTION > answers.jsonl`.

Writes one JSON object per file. A file that cannot be read has "error" in the place of "answer", and costs no other
file its answer; the exit code is 3 if there was one.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sensorium
from sensorium.core.errors import InputError


def answers(folder: Path, question: str) -> Iterator[dict[str, Any]]:
    """What the bundled model says about each file, in the order of their names."""
    model = sensorium.load()
    for path in sorted(each for each in folder.iterdir() if each.is_file()):
        try:
            answer = model.ask(question, path)
        except InputError as error:
            yield {"file": path.name, "error": str(error)}
        else:
            yield {
                "file": path.name,
                "answer": answer.text,
                "confidence": answer.confidence,
                "notices": list(answer.notices),
            }


def main() -> int:
    """Read the command line, write JSON lines. Returns: the exit code."""
    if len(sys.argv) != 3:
        print("Write: python examples/ask_a_folder.py FOLDER QUESTION", file=sys.stderr)
        return 2
    failed = False
    for line in answers(Path(sys.argv[1]), sys.argv[2]):
        print(json.dumps(line, ensure_ascii=False), flush=True)
        failed |= "error" in line
    return InputError.exit_code if failed else 0


if __name__ == "__main__":
    sys.exit(main())
