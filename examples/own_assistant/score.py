"""How often models are right about pictures that no training saw: `python score.py TRAIN TEST MODEL [MODEL ...]`.

Beside it stands what always giving the commonest answer of TRAIN would score; a model that is no better has not looked.
"""

import argparse
from pathlib import Path

from sensorium.data.records.domain import RecordDomain
from sensorium.data.records.skipped import Skipped
from sensorium.data.records.source import open_records
from sensorium.evaluation.finish import measure
from sensorium.models.catalog import find
from sensorium.runtime.parts import read_parts


def main() -> None:
    """Ask every model all questions of TEST and write a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("models", nargs="+", metavar="model")
    given = parser.parse_args()
    domain = RecordDomain("own", open_records(given.train), validation=open_records(given.test), skipped=Skipped())
    print("| model | right | 95 % interval | commonest answer | questions |\n|---|---|---|---|---|")
    for name in given.models:
        family, folder = find(name)
        parts = read_parts(family, folder, name=name)
        (result,), _ = measure(parts, {name: domain}, count=domain.validation_size, report=lambda *_: None)
        figures = f"{result.score:.3f} | {result.low:.3f} to {result.high:.3f} | {result.baseline:.3f}"
        print(f"| {name} | {figures} | {result.count} |", flush=True)


if __name__ == "__main__":
    main()
