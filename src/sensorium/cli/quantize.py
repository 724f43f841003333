"""`sensorium quantize MODEL --bits 8|4 -o FOLDER`: a model of less memory, and quicker on a CPU."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorium.cli.console import note, patience, write, write_json
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import AsJson
from sensorium.core.errors import ConfigError, InputError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from sensorium.models.answerer import Answerer

PROMPTS = (
    "What is this?",
    "Name the colours of a rainbow.",
    "Two plus three is",
    "Describe a quiet morning by the sea in one sentence.",
    "Translate to French: good evening.",
    "Who wrote the letter, and when?",
    "A list of fruits: apple,",
    "The capital of Norway is",
)


def quantize(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A name, a folder, or an id of the Hub.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write; made if need be.")],
    bits: Annotated[int, typer.Option(metavar="8|4", help="Of each weight.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Write a model whose weights have eight or four bits, in groups of 32.

    Products of the language model get them; what reads media and the embedding stay as they are, the head gets eight.
    Standard error says how far scores of next tokens are from those of the full model; the path goes to standard
    output.
    """
    if bits not in (8, 4):
        raise UsageError(f"--bits is {bits}; expected 8 or 4. Choose one of them.")
    with patience("giving weights fewer bits …"), fetching() as progress:
        from sensorium.models.catalog import FAMILIES, find
        from sensorium.models.quantise import quantise, save

        family, folder = find(model, progress=progress)
        if out.resolve() == folder.resolve():
            raise UsageError(f"--out is {out}, the model itself; expected another folder. Give one.")
        _check_free(out)
        answerer = FAMILIES.resolve(family)(folder)
        before = _scores(answerer)
        report = quantise(answerer.network, bits)  # type: ignore[arg-type]  # every network is a module
        try:
            save(out, answerer.network, bits, source=folder)  # type: ignore[arg-type]
        except OSError as error:
            raise ConfigError(
                f"{error.filename or out}: {error.strerror or error}; expected to write the model there. Make room, "
                "or give another --out."
            ) from error
        found: dict[str, Any] = {
            "folder": str(out),
            "bits": bits,
            "layers": len(report.layers),
            "bytes_before": report.before,
            "bytes_after": report.after,
            "files_before": _weights_of(folder),
            "files_after": _weights_of(out),
            **_distance(before, _scores(answerer)),
        }
    if as_json:
        write_json(found)
        return
    note(
        f"{len(report.layers)} weights: {report.before / 1e6:,.1f} MB, now {report.after / 1e6:,.1f} MB; files of "
        f"weights: {found['files_before'] / 1e6:,.1f} MB, now {found['files_after'] / 1e6:,.1f} MB"
    )
    if "same_token" in found:
        note(
            f"next tokens of {found['prompts']} prompts: {found['same_token']} are the same; "
            f"mean divergence {found['divergence']:.4f} nats, scores {found['off']:.1%} of their spread off"
        )
    if _measured(folder):
        note("confidence is that of the full model's answers, and left out here: these have none")
    write(str(out))


def _check_free(out: Path) -> None:
    """Raises: UsageError for a file, or a folder that holds something."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        what = "holds files already" if out.is_dir() else "is a file"
        raise UsageError(f"--out is {out}, which {what}; expected a new or an empty folder. Give another, or empty it.")


def _weights_of(folder: Path) -> int:
    """Bytes of a folder's files of weights."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def _measured(folder: Path) -> bool:
    """Whether it was measured how often a model's answers are right."""
    from sensorium.runtime.calibration import read_calibration

    return bool(read_calibration(folder).curves)


def _scores(answerer: "Answerer") -> "Sequence[Tensor]":
    """Of the next token after each prompt [V]; none of a model that takes no words alone."""
    import torch

    from sensorium.chat.message import user

    found = []
    with torch.inference_mode():
        for prompt in PROMPTS:
            try:
                inputs = answerer.assembler.batch([answerer.assembler.talk([user(prompt)], ask=True)])
            except InputError:
                return ()
            cache = answerer.network.new_cache(1, inputs.ids.shape[1] + 1)
            found.append(answerer.network.prefill(inputs, cache)[0].float())
    return found


def _distance(before: "Sequence[Tensor]", after: "Sequence[Tensor]") -> dict[str, Any]:
    """How far scores are from those of the full model: divergence in nats, mean difference over their deviation."""
    import torch

    if not before:
        return {}
    full, few = torch.stack(tuple(before)), torch.stack(tuple(after))  # [prompts, V]
    logs = full.log_softmax(dim=-1)
    return {
        "prompts": len(full),
        "same_token": int((full.argmax(dim=-1) == few.argmax(dim=-1)).sum()),
        "divergence": float((logs.exp() * (logs - few.log_softmax(dim=-1))).sum(dim=-1).mean()),
        "off": float(((full - few).abs().mean(dim=-1) / full.std(dim=-1)).mean()),
    }
