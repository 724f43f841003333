"""What `sensorium doctor` looks at, one function each, none of which changes anything."""

import importlib
import os
import platform
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from sensorium.core.errors import SensoriumError

OLDEST_PYTHON = (3, 11)
DISTRIBUTION = "sensorium"
MODULES = {"huggingface-hub": "huggingface_hub.constants", "pillow": "PIL", "pyyaml": "yaml"}
"""Distributions whose module has another name; of that of the Hub, its settings."""

HIDDEN_EXTRAS = ("dev",)
_REQUIREMENT = re.compile(
    r"""(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?(?:[^;]*>=\s*(?P<floor>[\d.]+))?[^;]*"""
    r"""(?:;.*extra\s*==\s*['"](?P<extra>[^'"]+)['"])?"""
)


class Check(NamedTuple):
    """One thing looked at; `remedy` says what to do where it is not well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    required: bool = True


def all_checks() -> list[Check]:
    """Look at everything, in the order in which a fault is best mended; at no model while a package is missing."""
    packages = [_python(), *_packages()]
    machine = [_memory(), _temporary_folder()]
    if not all(check.ok for check in packages):
        return [*packages, *machine]
    return [*packages, _processor(), _accelerator(), *machine, *_bundled_model(), *_extras()]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST_PYTHON))
    detail = f"{version}, {platform.system()} {platform.machine()}"
    return Check("python", sys.version_info >= OLDEST_PYTHON, detail, f"Install Python {wanted} or newer.")


class Requirement(NamedTuple):
    """A distribution, and the oldest version that will do ("" for any)."""

    name: str
    floor: str

    @property
    def version(self) -> str | None:
        """The installed version, if there is one."""
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return None

    @property
    def too_old(self) -> bool:
        """Whether the installed version is under the floor."""
        return _numbers(self.version or "") < _numbers(self.floor)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers: (2, 13, 0) of "2.13.0+cpu"."""
    found = re.match(r"[\d.]*", version)
    return tuple(int(part) for part in (found[0] if found else "").split(".") if part)


def _requirements() -> dict[str, list[Requirement]]:
    """What is required by the extra that asks for it, "" for always."""
    found = defaultdict(list)
    for line in metadata.requires(DISTRIBUTION) or []:
        if match := _REQUIREMENT.match(line):
            found[match["extra"] or ""].append(Requirement(match["name"], match["floor"] or ""))
    return found


def _packages() -> Iterator[Check]:
    """Every package that is always needed: there, new enough, and importable."""
    try:
        required = _requirements()[""]
    except metadata.PackageNotFoundError:
        yield Check(DISTRIBUTION, False, "runs from a folder, not installed", f"pip install {DISTRIBUTION}")
        return
    yield Check(DISTRIBUTION, True, metadata.version(DISTRIBUTION))
    for each in required:
        try:
            module = importlib.import_module(MODULES.get(each.name, each.name))
        except (ImportError, OSError) as error:  # OSError: a shared library that does not load
            yield Check(each.name, False, str(error), f"pip install --force-reinstall '{each.name}'")
            continue
        detail = each.version or "of unknown version"
        if each.name == "av":
            detail += f" with {_ffmpeg(module.library_versions)}"
        if each.name == "huggingface-hub":
            detail += f", {_cache(module)}"
        if each.too_old:
            detail += f", older than {each.floor}"
        yield Check(each.name, not each.too_old, detail, f"pip install --upgrade '{each.name}>={each.floor}'")


def _ffmpeg(versions: dict[str, tuple[int, ...]]) -> str:
    wanted = ("libavcodec", "libavformat", "libswresample")
    return ", ".join(f"{name} {'.'.join(map(str, versions[name]))}" for name in wanted if name in versions)


def _cache(settings: Any) -> str:
    """Where fetched models lie, as the package of the Hub has it, and how many there are."""
    folder = Path(settings.HF_HUB_CACHE)
    try:
        count = str(len(list(folder.glob("models--*"))))
    except OSError as error:
        count = f"unreadable, {error.strerror};"
    offline = ", offline mode is on (HF_HUB_OFFLINE)" if settings.HF_HUB_OFFLINE else ""
    return f"{count} models in {folder}{offline}"


def _processor() -> Check:
    import torch

    text = _text_of("/proc/cpuinfo")
    named = re.search(r"model name\s*:\s*(.+)", text)
    bf16 = "bf16" if re.search(r"\b(avx512_bf16|amx_bf16|bf16)\b", text) else "no bf16"
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = (
        named[1] if named else platform.processor() or platform.machine(),
        torch.backends.cpu.get_cpu_capability(),
        bf16 if text else "",
        f"{usable} cores, {torch.get_num_threads()} threads",
    )
    return Check("processor", True, ", ".join(filter(None, parts)), required=False)


def _accelerator() -> Check:
    import torch

    if torch.cuda.is_available():
        return Check("gpu", True, torch.cuda.get_device_name(), required=False)
    if torch.backends.mps.is_available():
        return Check("gpu", True, "Apple (mps)", required=False)
    return Check("gpu", False, "none; models run on the processor", required=False)


def _memory() -> Check:
    found = re.search(r"MemAvailable:\s*(\d+) kB", _text_of("/proc/meminfo"))
    if not found:
        return Check("memory", True, "not known on this system", required=False)
    available = int(found[1]) * 1024
    advice = "Close other programs: a model and its pictures need about 1 GB."
    return Check("memory", available > 2**30, f"{available / 2**30:.1f} GiB available", advice, required=False)


def _temporary_folder() -> Check:
    folder = tempfile.gettempdir()
    return Check("temporary folder", True, f"{folder}, {shutil.disk_usage(folder).free / 1e9:.0f} GB free")


def _bundled_model() -> Iterator[Check]:
    """Whether its files are whole, and its answers right."""
    advice = "Install sensorium again: pip install --force-reinstall sensorium"
    for name, look in (("bundled model", _verify), ("self-test", _self_test)):
        try:
            ok, detail = look()
        except (SensoriumError, RuntimeError, OSError) as error:
            yield Check(name, False, str(error), advice)
            return
        yield Check(name, ok, detail, "The answers are not those of this model. " + advice)


def _verify() -> tuple[bool, str]:
    from sensorium.core.files import verify_manifest
    from sensorium.models.catalog import BUNDLED

    files = verify_manifest(BUNDLED)
    return True, f"{len(files)} files as their manifest says, {BUNDLED}"


def _self_test() -> tuple[bool, str]:
    """The first sample of each kind of file; a sound model gets most right, a broken library none."""
    from sensorium.models.samples import bundled_samples
    from sensorium.runtime.load import load

    model = load()
    firsts = {Path(sample.files[0]).suffix: sample for sample in reversed(bundled_samples())}.values()
    answers = [(sample, model.ask(sample.question, *sample.paths)) for sample in firsts]
    right = sum(sample.is_right(answer.text) for sample, answer in answers)
    seconds = sum(answer.timings.total for _, answer in answers)
    return 2 * right >= len(answers), f"{right} of {len(answers)} questions answered right in {seconds:.1f} s"


def _extras() -> Iterator[Check]:
    """The optional extras of this package, and what each still lacks."""
    for extra, wanted in _requirements().items():
        if extra and extra not in HIDDEN_EXTRAS:
            missing = [each.name for each in wanted if each.version is None]
            detail = f"without {', '.join(missing)}" if missing else "installed"
            advice = f"For what it brings: pip install 'sensorium[{extra}]'"
            yield Check(f"extra {extra}", not missing, detail, advice, required=False)


def _text_of(path: str) -> str:
    """The text of a file of the system, "" where there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
