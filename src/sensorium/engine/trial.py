"""A form compiled in a process of its own, with bounded time and memory: what is made to harm harms nobody else.

The package counts its work and stops at a limit. This is for what it does not count.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple

from sensorium.core.errors import EngineError, UsageError
from sensorium.core.packages import require
from sensorium.engine.forms import Form, compiled, refused

SECONDS = 5
"""Of computing. A process that waits for a busy machine is given `PATIENCE` seconds."""
PATIENCE = 60.0
MEMORY = 1 << 30
"""Bytes, those of Python included."""


class Trial:
    """Tries forms for the tokens of one model."""

    def __init__(self, tokenizer: str, *, vocabulary: int, stops: Sequence[int]) -> None:
        """As `grammar.Grammars`."""
        self._told = {"tokenizer": tokenizer, "vocabulary": vocabulary, "stops": list(stops)}

    def fault(self, form: Form) -> str:
        """Compile a form elsewhere.

        Returns: why it cannot be taken (it is wrong, or takes too much time or memory); "" if it can.

        Raises: UsageError when the machine was too busy to tell; EngineError when no process can be started.
        """
        told = json.dumps({**self._told, "form": astuple(form)})
        command = [sys.executable, "-P", "-m", "sensorium.engine.trial"]
        try:
            done = subprocess.run(command, input=told, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired as error:
            raise refused(form, f"was not compiled in {PATIENCE:g} seconds") from error
        except OSError as error:
            raise EngineError(f"form: no process can be started to compile it ({error}). Ask again later.") from error
        if done.returncode != 0:
            return str(refused(form, f"takes more than {SECONDS} seconds or {MEMORY >> 20} MB to compile"))
        return done.stdout


def main() -> None:
    """Compile what standard input tells; write why that cannot be, nothing if it can."""
    _bound()
    told = json.load(sys.stdin)
    package = require("llguidance", "serve")
    tokens = package.LLTokenizer(told["tokenizer"], n_vocab=told["vocabulary"], eos_token=told["stops"])
    try:
        compiled(package, tokens, Form(*told["form"]))
    except UsageError as error:
        sys.stdout.write(str(error))


def _bound() -> None:
    """Limit this process, as far as the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
