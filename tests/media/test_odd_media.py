"""Every odd file gives what it must, fast, in bounded memory, and without a sound on standard error."""

import json
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from tests.odd_media import OddCase, make_odd_media
from tests.odd_pictures import encoded, flat_png, gradient

from sensorium.core.errors import InputError
from sensorium.media.load import load_media

LEAKS = re.compile(r"0x[0-9a-f]{6,}|object at|Traceback|site-packages|\n|<none>")

MEASURE = """
import json, sys, time
import av, PIL.Image, numpy
from sensorium.media import animation, audio, image, video
from sensorium.media.load import load_media
from sensorium.core.errors import InputError
def peak():  # of this program alone: what getrusage says includes the parent's
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
load_media(sys.argv[1])
before, start = peak(), time.perf_counter()
try: result = load_media(sys.argv[2]).modality
except InputError as error: result = type(error).__name__
print(json.dumps([result, peak() - before, time.perf_counter() - start]))
"""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[OddCase]:
    return make_odd_media(tmp_path_factory.mktemp("odd"))


def outcome(case: OddCase) -> tuple[object, str]:
    """The modality or error class, and what is said about the file."""
    try:
        media = load_media(case.path)
    except InputError as error:
        return type(error), str(error)
    return media.modality, " ".join(media.notices)


def test_every_odd_file(cases: list[OddCase]) -> None:
    assert len(cases) >= 190
    wrong = []
    for case in cases:
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            got, text = outcome(case)
        seconds = time.perf_counter() - start
        said = re.search(case.says, text) and not LEAKS.search(text)
        if got != case.expected or not said or caught or seconds > 5:
            wrong.append((case.path.name[:40], case.expected, case.says, got, text, [str(w) for w in caught], seconds))
    assert wrong == []


def test_errors_name_the_file_and_the_way_out(cases: list[OddCase]) -> None:
    for case in cases:
        got, text = outcome(case) if isinstance(case.expected, type) else ("", "")
        if got:
            assert text.startswith(case.path.name[:20].encode("unicode_escape").decode()[:20]), text
            assert text.count(". ") >= 1, text


def test_standard_error_stays_empty(cases: list[OddCase], tmp_path: Path) -> None:
    script = (
        "import json, sys\nfrom sensorium.media.load import load_media\nfrom sensorium.core.errors import InputError\n"
        "for path in json.load(sys.stdin):\n    try: load_media(path)\n    except InputError: pass"
    )
    paths = [str(case.path) for case in cases if "minutes" not in case.path.name and "silence" not in case.path.name]
    run = subprocess.run(
        [sys.executable, "-W", "default", "-c", script],
        input=json.dumps(paths).encode(),
        capture_output=True,
        check=True,
    )
    assert run.stderr == b""
    assert run.stdout == b""


@pytest.mark.parametrize(
    "name",
    ["60-megapixels.png", "12000x12000.png", "62-megapixels-rgb.png", "text-bomb.png", "long-silence.opus",
     "11-minutes.wav", "2000-frames.gif", "huge-canvas.gif", "10-megabytes.txt", "joiners.txt", "claims-4-gb.wav"],
)  # fmt: skip
def test_memory_stays_bounded(cases: list[OddCase], name: str) -> None:
    case = next(case for case in cases if case.path.name == name)
    result, megabytes, seconds = measure(case.path, case.path.parent / "2x3.png")
    assert result == (case.expected if isinstance(case.expected, str) else case.expected.__name__)
    assert megabytes < 256
    assert seconds < 5


def test_memory_of_large_pictures(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    small.write_bytes(encoded(gradient()))
    large = {
        "48-megapixels.jpg": encoded(gradient(800, 600, "L").resize((8000, 6000)), "JPEG"),
        "24-megapixels-progressive.jpg": encoded(gradient(600, 400).resize((6000, 4000)), "JPEG", progressive=True),
        "12-megapixels.webp": encoded(gradient(400, 300).resize((4000, 3000)), "WEBP", method=0),
        "15-megapixels-16-bit.png": flat_png(5000, 3000, 16),
        "60-megapixels-1-bit.tif": encoded(gradient(100, 60, "1").resize((10000, 6000)), "TIFF", compression="group4"),
    }
    for name, data in large.items():
        (tmp_path / name).write_bytes(data)
        result, megabytes, seconds = measure(tmp_path / name, small)
        assert (name, result) == (name, "image")
        assert megabytes < 256, name
        assert seconds < 5, name


def measure(path: Path, first: Path) -> tuple[str, int, float]:
    """Outcome, growth of the peak memory in MiB and seconds, in a process of its own that has read `first`."""
    run = subprocess.run([sys.executable, "-c", MEASURE, first, path], capture_output=True, check=True)
    result, megabytes, seconds = json.loads(run.stdout)
    return str(result), int(megabytes), float(seconds)
