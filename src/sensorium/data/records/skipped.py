"""Records that a run leaves out: counted, and listed in a file, from whichever process meets them."""

import json
from pathlib import Path


class Skipped:
    """What was left out so far, once each; `path` gets a line of JSON for each as well."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.reasons: dict[str, str] = {}

    def note(self, source: str, reason: Exception | str) -> None:
        """Leave a record out. Raises: OSError when the list cannot be written."""
        if source in self.reasons:
            return
        self.reasons[source] = str(reason)
        if self.path is not None:
            line = json.dumps({"record": source, "reason": str(reason)}, ensure_ascii=False)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:  # a line at once, so that processes do not mix theirs
                file.write(line + "\n")
