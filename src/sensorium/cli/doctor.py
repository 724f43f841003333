"""`sensorium doctor`: whether everything is there that is needed, and works."""

import typer

from sensorium.cli.checks import Check, all_checks
from sensorium.cli.console import patience, write, write_json
from sensorium.cli.inputs import AsJson
from sensorium.core.errors import ModelError


def doctor(as_json: AsJson = False) -> None:
    """Check this installation and this machine.

    The bundled model is asked something, too. Exit code 0 when all that is required is well; 4 otherwise, with what
    to do about it.
    """
    with patience("looking around and asking the model …"):
        checks = all_checks()
    well = all(check.ok for check in checks if check.required)
    if as_json:
        write_json({"ok": well, "checks": [check._asdict() for check in checks]})
    else:
        for check in checks:
            write(_shown(check))
        write("All is well." if well else "Something required is not well; see above.")
    if not well:
        raise typer.Exit(ModelError.exit_code)


def _shown(check: Check) -> str:
    mark = "ok  " if check.ok else "FAIL" if check.required else "-   "
    advice = f"\n      {'':18} {check.remedy}" if check.remedy and not check.ok else ""
    return f"{mark}  {check.name:18} {check.detail}{advice}"
