"""The card of a `nano-space`: models/nano_space/card.md, written by hand, with what was measured in its places."""

from pathlib import Path

from torch import nn

from sensorium.core.files import write_atomic
from sensorium.models.catalog import card_template
from sensorium.models.nano.folder import seal
from sensorium.models.nano_space.folder import load_space
from sensorium.space.report.findings import Findings
from sensorium.space.report.page import markdown

CARD = "README.md"


def write_card(folder: Path, found: Findings) -> None:
    """Write the card into the folder of a `nano-space`, and seal it anew. Raises: CheckpointError; OSError."""
    network = load_space(folder).network
    template = card_template("nano_space").read_text(encoding="utf-8")
    tables = "\n".join(f"#{line}" if line.startswith("#") else line for line in markdown(found, "").splitlines()[2:])
    card = template.replace("{sizes}", sizes_table(network)).replace("{report}", tables)
    write_atomic(folder / CARD, card.encode())
    seal(folder)


def sizes_table(network: nn.Module) -> str:
    """Parameters of each part, as a Markdown table."""
    parts = {"text": network.get_submodule("text"), **dict(network.get_submodule("media").named_children())}
    rows = [f"| {name} | {sum(each.numel() for each in part.parameters()):,} |" for name, part in parts.items()]
    whole = sum(each.numel() for each in network.parameters())
    return "\n".join(["| part | parameters |", "|---|---|", *rows, f"| all | {whole:,} |"])
