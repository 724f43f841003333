"""How long a user waits: help, a cold answer, a warm one. At rest: `python benchmarks/first_answer.py [MODEL]`.

Cold runs are whole processes, from start to exit, with the operating system's own count of their memory; beside them
stands the floor that no change of ours can lower, the import of torch. Warm runs are calls in one process.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

SAMPLES = Path(__file__).parents[1] / "src/sensorium/models/nano/samples"
PICTURE = str(SAMPLES / "shapes.png")
QUESTION = "How many shapes are there?"
COLD_RUNS, WARM_RUNS = 5, 30
KILOBYTES_PER_MB = 1024 * (1024 if sys.platform == "darwin" else 1)  # macOS counts bytes


def process(*arguments: str) -> tuple[float, float]:
    """Seconds and peak MB of one process."""
    with tempfile.TemporaryFile() as told:
        began = perf_counter()
        child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=told)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            told.seek(0)
            why = told.read().decode(errors="replace").strip()
            raise SystemExit(f"{' '.join(arguments)} failed with exit code {child.returncode}. {why}")
    return seconds, usage.ru_maxrss / KILOBYTES_PER_MB


def cold(*arguments: str) -> dict[str, float]:
    """Median seconds and peak MB over several processes, after one that fills the file cache."""
    process(*arguments)
    seconds, peaks = zip(*(process(*arguments) for _ in range(COLD_RUNS)), strict=True)
    return {"seconds": round(statistics.median(seconds), 3), "peak_mb": round(max(peaks))}


def warm(model_name: str) -> dict[str, float]:
    """Median milliseconds to the first token and to the whole answer, in one process."""
    import sensorium

    model = sensorium.load(model_name)
    answers = [model.ask(QUESTION, PICTURE) for _ in range(WARM_RUNS + 3)][3:]
    return {
        "first_token_ms": round(1000 * statistics.median(answer.timings.first_token for answer in answers), 1),
        "answer_ms": round(1000 * statistics.median(answer.timings.total for answer in answers), 1),
    }


def main() -> None:
    """Measure all and print JSON."""
    cli = ("-m", "sensorium")
    model = sys.argv[1] if len(sys.argv) > 1 else "nano"
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, torch {version('torch')}",
        "help": cold(*cli, "--help"),
        "import torch (floor)": cold("-c", "import torch"),
        "ask, cold": cold(*cli, "ask", "--model", model, PICTURE, QUESTION),
        "ask, warm": warm(model),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
