"""What a trained model folder still lacks: how well it answers, how sure it may be, what is strange to it.

Writes `calibration.json`, `familiarity.safetensors` and `results.json` into the folder and seals it anew.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from sensorium.chat.message import user
from sensorium.core.errors import EngineError, UsageError
from sensorium.core.files import write_atomic
from sensorium.data.sample import Domain, Sample
from sensorium.evaluation.calibrate import Reliability, fit_curve, fit_familiarity, limit, reliability, right
from sensorium.evaluation.report import Result, summarise
from sensorium.evaluation.suite import Outcome, answered, baseline, run_suite, spread
from sensorium.models.nano.folder import seal
from sensorium.runtime.calibration import CALIBRATION, FAMILIARITY, Calibration, Curve, Familiarity
from sensorium.runtime.judgement import summary
from sensorium.runtime.parts import Parts

RESULTS = "results.json"
SURE_FROM = 0.5
LEAST_OUTCOMES = 80
"""With fewer outcomes of a kind of talk no curve is fitted."""
MOST_FAILED = 0.02
"""With a larger share of failed questions a measurement says nothing about the model."""
MEDIA_PER_DOMAIN = 120
SEED = 23

Report = Callable[[str, int, int], None]
"""Hears a domain, how many of its questions are done, and how many there are."""


@dataclass(frozen=True)
class Findings:
    """All that was measured."""

    results: tuple[Result, ...]
    reliability: Reliability


def measure(
    parts: Parts, domains: Mapping[str, Domain], *, count: int, report: Report
) -> tuple[tuple[Result, ...], list[Outcome]]:
    """Ask every domain's validation questions, `count` of each at most. Returns: results, and what was answered.

    Raises: UnreadableMedia when a domain's files are missing, before anything is asked.
    """
    for domain in domains.values():
        domain.validation(0)
    outcomes: list[Outcome] = []
    results = []
    for name, domain in domains.items():
        found = run_suite(parts, domain, count=count, report=partial(report, name))
        results.append(summarise(name, found, baseline(domain, found)))
        outcomes.extend(answered(found))
    return tuple(results), outcomes


def finish(parts: Parts, folder: Path, domains: Mapping[str, Domain], *, count: int, report: Report) -> Findings:
    """Measure a model and complete its folder.

    Args:
        parts: of the model in `folder`.
        folder: written to.
        domains: by name; all that the model was trained on.
        count: questions per domain, at most.
        report: hears domain, questions done, questions in all.

    Raises: as `measure`; EngineError when too many questions failed, UsageError when there were too few.
    """
    results, outcomes = measure(parts, domains, count=count, report=report)
    _check(results)
    curves, judged = calibrate(outcomes)
    findings = Findings(results, judged)
    familiarity, limits = _familiarity(parts, domains)
    _write(folder, Calibration(curves, limits, SURE_FROM), familiarity, findings)
    return findings


def calibrate(outcomes: Sequence[Outcome]) -> tuple[dict[str, Curve], Reliability]:
    """A curve for each kind of talk, fitted on all outcomes; and how well such curves do.

    For the latter each half of the outcomes, drawn at random, is judged by the curve of the other half.

    Raises: UsageError when no kind of talk has enough outcomes.
    """
    kinds = sorted({outcome.kind for outcome in outcomes})
    groups = {kind: [outcome for outcome in outcomes if outcome.kind == kind] for kind in kinds}
    groups = {kind: group for kind, group in groups.items() if len(group) >= LEAST_OUTCOMES}
    if not groups:
        raise UsageError(
            f"Calibration needs {LEAST_OUTCOMES} answers about one kind of media, got {len(outcomes)} in all. "
            "Ask more questions: --count 300."
        )
    rng = np.random.default_rng(SEED)
    pairs: list[tuple[float, bool]] = []
    for group in groups.values():
        mixed = [group[index] for index in rng.permutation(len(group))]
        for fitted, judged in ((mixed[::2], mixed[1::2]), (mixed[1::2], mixed[::2])):
            curve = fit_curve(fitted)
            pairs.extend((curve(outcome.probability), right(outcome)) for outcome in judged)
    return {kind: fit_curve(group) for kind, group in groups.items()}, reliability(pairs)


def _check(results: Sequence[Result]) -> None:
    failed, asked = (sum(each) for each in zip(*((one.failed, one.failed + one.count) for one in results), strict=True))
    if failed > MOST_FAILED * asked:
        first = next(result for result in results if result.failure is not None)
        raise EngineError(
            f"{failed} of {asked} questions failed, the first of '{first.domain}': {first.failure} "
            f"Expected at most {MOST_FAILED:.0%}; nothing was written. Mend that and measure again."
        )


def _familiarity(parts: Parts, domains: Mapping[str, Domain]) -> tuple[dict[str, Familiarity], dict[str, float]]:
    """What is familiar from training media, limits from validation media, by modality; each domain is a kind."""
    seen: dict[str, list[Tensor]] = {}
    held: dict[str, list[Tensor]] = {}
    for number, domain in enumerate(domains.values()):
        rngs = (np.random.default_rng([SEED, number, index]) for index in range(MEDIA_PER_DOMAIN))
        for into, samples in (
            (seen, (domain.train(rng) for rng in rngs)),
            (held, (domain.validation(index) for index in spread(domain, MEDIA_PER_DOMAIN))),
        ):
            for modality, vectors in _summaries(parts, samples).items():
                into.setdefault(modality, []).append(vectors)
    known = {modality: fit_familiarity(kinds) for modality, kinds in seen.items()}
    limits = {
        modality: limit(np.array([known[modality].distance(vector) for vector in torch.cat(kinds)]))
        for modality, kinds in held.items()
        if modality in known
    }
    return known, limits


@torch.inference_mode()
def _summaries(parts: Parts, samples: Iterable[Sample]) -> dict[str, Tensor]:
    """Summaries of all media of the samples, by modality: [media, D]."""
    model = parts.model
    found: dict[str, list[Tensor]] = {}
    for sample in samples:
        inputs = model.assembler.batch([model.assembler.talk([user(*sample.media)], ask=False)])
        for batch in model.network.encode(inputs).media:
            found.setdefault(batch.modality, []).extend(summary(rows) for rows in batch.rows)
    return {modality: torch.stack(vectors) for modality, vectors in found.items()}


def _write(folder: Path, calibration: Calibration, known: dict[str, Familiarity], findings: Findings) -> None:
    tensors = {
        f"{modality}.{name}": value.contiguous()
        for modality, each in known.items()
        for name, value in vars(each).items()
    }
    write_atomic(folder / CALIBRATION, _json(asdict(calibration)))
    write_atomic(folder / FAMILIARITY, save(tensors))
    write_atomic(folder / RESULTS, _json(asdict(findings)))
    seal(folder)


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()
