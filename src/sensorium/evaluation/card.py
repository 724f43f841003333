"""The model card: a text written by hand, with what was measured put in its places; and a drawing of reliability.

`models/nano/card.md` has `{scores}`, `{kinds}`, `{error}` and `{sizes}` where the numbers go, so that no number that
was measured is typed.
"""

import io
import re
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from sensorium.core.errors import ConfigError
from sensorium.core.files import write_atomic
from sensorium.core.packages import require
from sensorium.evaluation.calibrate import Reliability
from sensorium.evaluation.finish import Findings
from sensorium.evaluation.report import Result, table
from sensorium.models.answerer import Network
from sensorium.models.nano.folder import seal

CARD = "README.md"
PICTURE = "reliability.png"
PLACE = re.compile(r"\{(\w+)\}")


def write_card(template: Path, folder: Path, network: Network, findings: Findings) -> None:
    """Write card and drawing into the folder of a model and seal it anew.

    Raises: MissingPackage without matplotlib (extra `train`), ConfigError for a template with another place, OSError
    when a file cannot be read or written; before the last nothing is changed.
    """
    card = fill(template.read_text(encoding="utf-8"), network, findings)
    drawing = draw_reliability(findings.reliability)
    write_atomic(folder / CARD, card.encode())
    write_atomic(folder / PICTURE, drawing)
    seal(folder)


def fill(template: str, network: Network, findings: Findings) -> str:
    """The template with numbers in its places. Raises: ConfigError for a place that nothing is measured for."""
    values = {
        "scores": table(findings.results),
        "kinds": kinds_table(findings.results),
        "error": f"{findings.reliability.error:.3f}",
        "sizes": sizes_table(network),
    }
    unknown = [name for name in PLACE.findall(template) if name not in values]
    if unknown:
        raise ConfigError(
            f"card: got the place {{{unknown[0]}}}; expected some of {', '.join(f'{{{name}}}' for name in values)}. "
            "Correct the template."
        )
    return PLACE.sub(lambda place: values[place[1]].rstrip("\n"), template)


def kinds_table(results: Sequence[Result]) -> str:
    """A Markdown table of every domain's kinds of questions, the worst first."""
    lines = ["| domain | score by kind of question (number asked) |", "|---|---|"]
    for result in results:
        kinds = sorted(result.kinds.items(), key=lambda kind: kind[1][0])
        lines.append(f"| {result.domain} | {', '.join(f'{name} {mean:.2f} ({n})' for name, (mean, n) in kinds)} |")
    return "\n".join(lines) + "\n"


def sizes_table(network: Network) -> str:
    """A Markdown table of the parameters of every part, in millions."""
    counts = {name: sum(each.numel() for each in part.parameters()) for name, part in _parts(network)}
    lines = ["| part | parameters |", "|---|---|"]
    lines += [f"| {name} | {count / 1e6:.2f} M |" for name, count in counts.items()]
    return "\n".join([*lines, f"| all | {sum(counts.values()) / 1e6:.2f} M |"]) + "\n"


def draw_reliability(reliability: Reliability) -> bytes:
    """A PNG: how often answers of a stated chance were right. Raises: MissingPackage."""
    backend = require("matplotlib.backends.backend_agg", "train")
    figure = require("matplotlib.figure", "train").Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    stated, right, counts = zip(*reliability.bins, strict=True)
    axes.plot((0, 1), (0, 1), color="grey", linewidth=1, linestyle="--", label="as it should be")
    axes.scatter(stated, right, s=[8 + 200 * count / max(counts) for count in counts], label="answers (area: number)")
    axes.set(
        xlim=(0, 1.02),
        ylim=(0, 1.03),
        xlabel="stated confidence",
        ylabel="share right",
        title=f"Reliability; expected calibration error {reliability.error:.3f}",
    )
    axes.legend(loc="upper left", frameon=False)
    target = io.BytesIO()
    backend.FigureCanvasAgg(figure).print_png(target)
    return target.getvalue()


def _parts(network: Network) -> list[tuple[str, nn.Module]]:
    """What reads each modality, in its own parts, and the language model."""
    named = []
    for name, child in network.named_children():
        readers = list(child.named_children()) if isinstance(child, nn.ModuleDict) else []
        parts = [
            (f"{part}, {modality}", each) for modality, reader in readers for part, each in reader.named_children()
        ]
        named += parts or [(name, child)]
    return named
