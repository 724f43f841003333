"""How well chances of yes hold: `python benchmarks/decisions.py [--count N] [--data FOLDER]`.

nano is asked the held-out questions that are answered with yes or no, of every domain, as /v1/decisions asks them. Told
are the share that it gets right, the mean squared distance of the chance from the truth (Brier), and the expected
calibration error over ten bins; each with what was measured of the model, and without.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

TRUE, FALSE = ("yes", "是", "有"), ("no", "不是", "没有")


def main() -> None:
    """Measure; one JSON object on standard output."""
    from sensorium.chat.message import Text
    from sensorium.data.catalog import domain, domains
    from sensorium.data.mixture import messages
    from sensorium.engine.engine import Engine
    from sensorium.evaluation.calibrate import reliability
    from sensorium.evaluation.suite import spread
    from sensorium.models.catalog import find
    from sensorium.runtime.calibration import Calibration
    from sensorium.runtime.deciding import decide
    from sensorium.runtime.parts import read_parts
    from sensorium.runtime.replying import prepare
    from sensorium.serving.inquiries import yes_or_no

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--count", type=int, default=200, help="questions of each domain that are looked at")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    family, folder = find("nano")
    parts = read_parts(family, folder, name="nano")
    engine = Engine(parts.model)
    pairs: dict[str, list[tuple[float, bool]]] = {"calibrated": [], "plain": []}
    for name in domains(given.data):
        source = domain(name, given.data)
        for number in spread(source, given.count):
            sample = source.validation(number)
            turn = sample.turns[0]
            if turn.answer not in (*TRUE, *FALSE):
                continue
            question = prepare(parts, messages(sample)[:1], lambda make: make())
            ways = yes_or_no([Text(turn.question)]).ways
            plain = replace(question, parts=replace(parts, calibration=Calibration()))
            for kind, asked in (("calibrated", question), ("plain", plain)):
                pairs[kind].append((decide(engine, asked, ways).chances[0], turn.answer in TRUE))
    told = {
        kind: {
            "right": round(float(np.mean([(chance > 0.5) == truth for chance, truth in found])), 4),
            "brier": round(float(np.mean([(chance - truth) ** 2 for chance, truth in found])), 4),
            "calibration_error": reliability(found).error,
        }
        for kind, found in pairs.items()
    }
    print(json.dumps({"questions": len(pairs["plain"]), **told}))


if __name__ == "__main__":
    main()
