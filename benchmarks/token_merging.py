"""What token merging costs the bundled model: `python benchmarks/token_merging.py [--write PAGE.md]`.

Every question is asked with all rows, and with a share of them merged behind the encoders or between their blocks.
Numbers of rows and answers do not depend on the machine, so that it need not be at rest. Real sets need --data-root.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensorium.evaluation.merging import Cost

DOMAINS = "scenes,reading,moving,tones,fashion-mnist,caltech"
CUTS = "0.25,0.5,0.75"
COUNT = 200

HEAD = """# Token merging: what it costs

Rows that are alike become one, without any training ([merging.py](../../src/sensorium/fusion/merging.py)).
Merged behind the encoder, the language model reads fewer rows of a medium. Merged between its blocks, these have fewer
rows to go through, and the language model reads as many as ever.

Asked of `{model}`. Rows are those of a medium, in the mean: that a block of the encoder has, and that the language
model reads. The change of the score is that of the same questions, with its 95 % interval. Made by:

```sh
{command}
```
"""


def table(costs: Sequence["Cost"]) -> str:
    """What was measured on a domain, as Markdown."""
    first = costs[0].result
    lines = [
        f"## {first.domain}",
        "",
        f"Always giving the commonest answer: {first.baseline:.3f}. {first.count} questions.",
        "",
        "| merged | share cut | rows in a block | rows read | score | change | 95 % interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in costs:
        lines.append(
            f"| {each.where or 'nothing'} | {each.cut:.2f} | {each.encoded:.1f} | {each.read:.1f} "
            f"| {each.result.score:.3f} | {each.change[0]:+.3f} | {each.change[1]:+.3f} to {each.change[2]:+.3f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure; write the page where one is named, else Markdown or JSON to standard output."""
    import torch

    from sensorium.data.catalog import domain
    from sensorium.evaluation.merging import costs
    from sensorium.models.catalog import find
    from sensorium.runtime.parts import read_parts

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--model", default="nano", help="nano, or the folder of one trained from it")
    parser.add_argument("--domains", default=DOMAINS, help="with commas (default: %(default)s)")
    parser.add_argument("--cuts", default=CUTS, help="shares of the rows that go (default: %(default)s)")
    parser.add_argument("--count", type=int, default=COUNT, help="questions per domain, at most (default: %(default)s)")
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--write", type=Path, help="a Markdown page to write")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    family, folder = find(given.model)
    parts = read_parts(family, folder, name=given.model)
    cuts = [float(cut) for cut in given.cuts.split(",")]
    found = []
    for name in given.domains.split(","):
        found.append(list(costs(parts, domain(name, given.data_root), cuts, count=given.count)))
        print(f"{name}: done", file=sys.stderr)
    if given.json:
        print(json.dumps([asdict(cost) for group in found for cost in group], indent=1))
        return
    command = f"python benchmarks/token_merging.py --domains {given.domains} --cuts {given.cuts} --count {given.count}"
    text = "\n".join([HEAD.format(model=given.model, command=command), *map(table, found)])
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
