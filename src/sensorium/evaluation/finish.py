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

from sensorium.core.files import write_atomic
from sensorium.data.sample import Domain, Sample
from sensorium.evaluation.calibrate import RIGHT, Reliability, fit_curve, fit_familiarity, limit, reliability
from sensorium.evaluation.report import Result, summarise
from sensorium.evaluation.suite import Outcome, baseline, run_suite
from sensorium.inputs.assemble import Assembler
from sensorium.models.nano.folder import seal
from sensorium.runtime.calibration import CALIBRATION, FAMILIARITY, Calibration, Familiarity
from sensorium.runtime.judgement import summary
from sensorium.runtime.parts import Parts

RESULTS = "results.json"
SURE_FROM = 0.5
LEAST_OUTCOMES = 40
"""With fewer outcomes of a modality no curve is fitted."""
MEDIA_PER_DOMAIN = 120

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
    """Ask every domain's validation questions, `count` of each at most. Returns: results, and what was answered."""
    outcomes: list[Outcome] = []
    results = []
    for name, domain in domains.items():
        found = run_suite(parts, domain, count=count, report=partial(report, name))
        results.append(summarise(name, found, baseline(domain, found)))
        outcomes.extend(outcome for outcome in found if outcome.failure is None)
    return tuple(results), outcomes


def finish(parts: Parts, folder: Path, domains: Mapping[str, Domain], *, count: int, report: Report) -> Findings:
    """Measure a model and complete its folder.

    Args:
        parts: of the model in `folder`.
        folder: written to.
        domains: by name; all that the model was trained on.
        count: questions per domain, at most.
        report: hears domain, questions done, questions in all.
    """
    results, outcomes = measure(parts, domains, count=count, report=report)
    curves = {kind: fit_curve(group) for kind, group in _by_modality(outcomes[::2]).items()}
    judged = [
        (curves[outcome.modality](outcome.probability), outcome.score >= RIGHT)
        for outcome in outcomes[1::2]
        if outcome.modality in curves
    ]
    findings = Findings(results, reliability(judged))
    familiarity, limits = _familiarity(parts, domains)
    _write(folder, Calibration(curves, limits, SURE_FROM), familiarity, findings)
    return findings


def _by_modality(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.modality, []).append(outcome)
    return {kind: group for kind, group in groups.items() if len(group) >= LEAST_OUTCOMES}


def _familiarity(parts: Parts, domains: Mapping[str, Domain]) -> tuple[dict[str, Familiarity], dict[str, float]]:
    """Centres from training media, limits from validation media, by modality."""
    seen: dict[str, list[Tensor]] = {}
    held: dict[str, list[Tensor]] = {}
    for number, domain in enumerate(domains.values()):
        rngs = (np.random.default_rng([23, number, index]) for index in range(MEDIA_PER_DOMAIN))
        _collect(parts, (domain.train(rng) for rng in rngs), seen)
        indices = np.linspace(0, domain.validation_size - 1, min(MEDIA_PER_DOMAIN, domain.validation_size)).astype(int)
        _collect(parts, (domain.validation(int(index)) for index in indices), held)
    known = {kind: fit_familiarity(torch.stack(vectors)) for kind, vectors in seen.items()}
    limits = {
        kind: limit(np.array([known[kind].distance(vector) for vector in vectors]))
        for kind, vectors in held.items()
        if kind in known
    }
    return known, limits


def _collect(parts: Parts, samples: Iterable[Sample], into: dict[str, list[Tensor]]) -> None:
    """Add the summary of every medium of the samples to those of its modality."""
    assembler = Assembler(parts.tokenizer, parts.spec)
    for sample in samples:
        for medium in sample.media:
            item = assembler.item(medium)
            into.setdefault(item.modality, []).append(summary(parts, item))


def _write(folder: Path, calibration: Calibration, known: dict[str, Familiarity], findings: Findings) -> None:
    tensors = {
        f"{kind}.{name}": value.contiguous() for kind, each in known.items() for name, value in vars(each).items()
    }
    write_atomic(folder / CALIBRATION, _json(asdict(calibration)))
    write_atomic(folder / FAMILIARITY, save(tensors))
    write_atomic(folder / RESULTS, _json(asdict(findings)))
    seal(folder)


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()
