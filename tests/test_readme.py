"""What the READMEs show is true: their examples are run, their numbers compared with the code, their links followed.

Examples are run in a copy of the tree, each block in a process of its own, in the order of the text. After a change of
the model, SENSORIUM_UPDATE_README=1 makes this test write what the examples give and what was measured, where it
otherwise compares.
"""

import functools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from sensorium.cli.main import INTERRUPTED
from sensorium.core.errors import InputError, ModelError, UsageError
from sensorium.data.catalog import domains
from sensorium.evaluation.report import Result, table
from sensorium.inputs.spec import InputSpec
from sensorium.media import sniff
from sensorium.media.limits import Limits
from sensorium.models.catalog import BUNDLED

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
PAGES = (*READMES, "CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md")
COPIED = ("src/sensorium/models/nano/samples", "examples", "recipes")
STAND_INS = {"models/clip": "tests/models/clip/golden", "models/wav2vec2": "tests/models/wav2vec2/golden"}
"""Tiny models of random weights in the place of published ones."""

UPDATE = os.environ.get("SENSORIUM_UPDATE_README") == "1"

BLOCK = re.compile(r"```(console|python)\n(.*?)```", re.DOTALL)
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
PLACE = re.compile(r"^([ \t]*)#>.*\n(?:[ \t]*#>.*\n)*", re.MULTILINE)
DECIMAL = re.compile(r"\d+\.\d+(?:e-?\d+)?")
PATIENCE = "…"
"""Ends the lines that appear only where something takes long."""

TOLERANCE = 0.05
"""Between the decimals of two machines; and a score may differ by an answer or two."""

SERVER = "localhost:8000"
"""Where examples ask a server."""

CHINESE_HEAD = "| 领域 | 得分 | 95 % 区间 | 总给最常见答案 | 题数 | 失败 |"

RUNNER = r"""
import contextlib, io, json, os, re, shlex, subprocess, sys
from sensorium.cli.main import main

SHELL = 'sensorium() { "$PYTHON" -m sensorium "$@"; }; '

def run(line):
    words = shlex.split(line)
    if words[0] == "cd":
        os.chdir(words[1])
        return 0, "", ""
    if words[0] != "sensorium" or re.search(r"[|<>;&$]", re.sub(r"'[^']*'|\"[^\"]*\"", "", line)):
        done = subprocess.run(["bash", "-c", SHELL + line], capture_output=True, text=True, encoding="utf-8",
                              env=os.environ | {"PYTHON": sys.executable, "PYTHONUTF8": "1"})
        return done.returncode, done.stdout, done.stderr
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(words[1:])  # in this process, which saves an import of torch
    return code, out.getvalue(), err.getvalue()

done = [run(line) for line in json.load(sys.stdin)]
print(json.dumps([done, os.getcwd()]))
"""


class Ran(NamedTuple):
    """A block as it should stand, and the folder in which the next one begins."""

    text: str
    folder: Path


def python(arguments: tuple[str, ...], stdin: str, folder: Path) -> str:
    """Standard output of a Python process."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", *arguments],
        input=stdin,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"exit code {done.returncode} of\n{stdin}\n{done.stderr}"
    return done.stdout


@functools.cache  # both languages share blocks
def run_block(kind: str, code: str, folder: Path) -> Ran:
    return (run_console if kind == "console" else run_python)(code, folder)


def run_console(code: str, folder: Path) -> Ran:
    """Run the lines that begin with "$ "; under each stand its standard error, as comments, and its output."""
    commands = [line[2:] for line in code.splitlines() if line.startswith("$ ")]
    results, left_in = json.loads(python(("-c", RUNNER), json.dumps(commands), folder))
    lines = []
    for command, (exit_code, out, err) in zip(commands, results, strict=True):
        assert exit_code == 0, f"exit code {exit_code} of: {command}\n{err}"
        notes = [f"# {line}" for line in err.splitlines() if not line.endswith(PATIENCE)]
        lines += [f"$ {command}", *notes, *out.splitlines()]
    return Ran("\n".join(lines) + "\n", Path(left_in))


def run_python(code: str, folder: Path) -> Ran:
    """Run code; comments that begin with "#>" stand for what was written since the last ones."""
    with served(code) as asking:
        *parts, rest = python(("-",), PLACE.sub(r'\1print("\\0", end="")\n', asking), folder).split("\0")
    assert not rest, f"nothing shows that this was written: {rest}"
    written = iter(parts)

    def comment(place: re.Match[str]) -> str:
        return "".join(f"{place[1]}#> {line}\n" for line in next(written).splitlines()) or f"{place[1]}#>\n"

    return Ran(PLACE.sub(comment, code), folder)


@contextmanager
def served(code: str) -> Iterator[str]:
    """The code with the address of a server that runs meanwhile, if it asks one."""
    if SERVER not in code:
        yield code
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sensorium", "serve", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.1)
            yield code.replace(SERVER, f"127.0.0.1:{port}")
        finally:
            server.kill()


def rerun(page: str, folder: Path) -> str:
    """The page with all its blocks run anew."""

    def block(found: re.Match[str]) -> str:
        nonlocal folder
        text, folder = run_block(found[1], found[2], folder)
        return f"```{found[1]}\n{text}```"

    return BLOCK.sub(block, page)


def masked(text: str) -> str:
    """Without what differs from run to run: times, speeds, and all numbers of standard error."""
    text = re.sub(r'("(?:first_token|total)": )[\d.e-]+', r"\1TIME", text)
    text = re.sub(r"\d+ samples/s, .* left", "SPEED", text)
    return re.sub(r"^#[^>].*", lambda line: re.sub(r"\d+(\.\d+)?", "N", line[0]), text, flags=re.MULTILINE)


def alike(shown: str, got: str) -> bool:
    """Whether texts are equal but for small differences of decimals."""
    shown, got = masked(shown), masked(got)
    near = (
        abs(float(a) - float(b)) <= TOLERANCE
        for a, b in zip(DECIMAL.findall(shown), DECIMAL.findall(got), strict=False)
    )
    return DECIMAL.sub("D", shown) == DECIMAL.sub("D", got) and all(near)


def shortened(text: str) -> str:
    """Decimals with three places at most, for the eye."""
    return re.sub(r"(\d+\.\d{3})\d+(?:e-\d+)?", r"\1", text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the examples use."""
    root = tmp_path_factory.mktemp("tree")
    for name, source in {**dict(zip(COPIED, COPIED, strict=True)), **STAND_INS}.items():
        shutil.copytree(ROOT / source, root / name)
    return root


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def part(page: str, name: str) -> str:
    """What stands between the marks of that name."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", read(page), re.DOTALL)
    assert found, f"{page} has no <!-- {name} --> ... <!-- /{name} -->"
    return found[1]


def numbers(text: str) -> list[float]:
    """Of the cells of a table, in their order."""
    return [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


@pytest.mark.parametrize("page", READMES)
def test_examples_give_what_is_shown(page: str, tree: Path) -> None:
    shown = read(page)
    got = rerun(shown, tree)
    if UPDATE:
        (ROOT / page).write_text(shortened(got), encoding="utf-8")
        return
    pairs = zip(BLOCK.findall(shown), BLOCK.findall(got), strict=True)
    wrong = [f"shown:\n{old}\ngot:\n{new}" for (_, old), (_, new) in pairs if not alike(old, new)]
    assert not wrong, "SENSORIUM_UPDATE_README=1 writes what is got\n\n" + "\n\n".join(wrong)


@pytest.mark.parametrize("page", READMES)
def test_scores_are_those_of_the_model_folder(page: str) -> None:
    path = BUNDLED / "results.json"
    scores = ""
    if path.exists():
        scores = table([Result(**each) for each in json.loads(path.read_text(encoding="utf-8"))["results"]])
    if page != READMES[0] and scores:
        scores = f"{CHINESE_HEAD}\n{scores.partition(chr(10))[2]}"
    if UPDATE:
        text = read(page).replace(f"<!-- scores -->\n{part(page, 'scores')}", f"<!-- scores -->\n{scores}")
        (ROOT / page).write_text(text, encoding="utf-8")
    assert part(page, "scores") == scores


@pytest.mark.parametrize("page", READMES)
def test_limits_are_those_of_the_code(page: str) -> None:
    read_, seen = Limits(), InputSpec()
    assert numbers(part(page, "limits")) == [
        *(read_.file_bytes / 2**20,),
        *(read_.pixels, read_.side, read_.aspect, 1, seen.image.max_pixels, seen.image.aspect, 1),
        *(read_.audio_seconds, read_.channels, seen.audio.max_seconds),
        *(read_.video_seconds, read_.frame_pixels),
        *(seen.video.max_frames, seen.video.max_pixels, seen.audio.max_seconds),
        *(read_.text_characters, seen.max_tokens),
    ]


@pytest.mark.parametrize("page", READMES)
def test_every_format_is_named(page: str) -> None:
    source = Path(sniff.__file__).read_text(encoding="utf-8")
    names = {name.removeprefix("animated ") for name in re.findall(r'_(?:image|av)\("([^"]+)"', source)}
    assert len(names) > 10
    assert [name for name in sorted(names) if name not in read(page)] == []


@pytest.mark.parametrize("page", READMES)
def test_every_domain_is_explained(page: str) -> None:
    assert [name for name in domains(ROOT) if f"`{name}`" not in read(page)] == []


@pytest.mark.parametrize("page", READMES)
def test_exit_codes_are_those_of_the_code(page: str) -> None:
    codes = [0, UsageError.exit_code, InputError.exit_code, ModelError.exit_code, INTERRUPTED]
    assert numbers(part(page, "exits")) == codes


@pytest.mark.parametrize("page", READMES)
def test_make_has_the_targets_that_are_shown(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    shown = set(re.findall(r"\bmake ([a-z-]+)", "".join(re.findall(r"```sh\n.*?```", read(page), re.DOTALL))))
    assert {"demo", "test"} <= shown <= targets


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", read(page))
    wrong = [link for link in links if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()]
    assert wrong == []


def test_both_languages_say_the_same() -> None:
    pages = [read(page) for page in READMES]
    for pattern in (r"^```\w*$", r"^\$ \w+", r"^<!-- .* -->$", r"\]\((?!README)[^)]+\)"):
        english, chinese = (re.findall(pattern, page, re.MULTILINE) for page in pages)
        assert english == chinese
    for pattern in (r"^#+ ", r"^\|.*\|$", r"^- "):
        english, chinese = (re.findall(pattern, FENCED.sub("", page), re.MULTILINE) for page in pages)
        assert len(english) == len(chinese), f"{pattern}: {english} and {chinese}"


def test_differences_are_seen() -> None:
    assert alike('"total": 0.31, "confidence": 0.912', '"total": 2.5e-1, "confidence": 0.93')
    assert alike("# step 5/5, loss 2.1, 30 samples/s, 2 s left", "# step 5/5, loss 2.3, 8 samples/s, 1 min left")
    assert not alike("boot", "shirt")
    assert not alike("| scenes | 0.80 |", "| scenes | 0.70 |")
    assert not alike("#> 3", "#> 4")
