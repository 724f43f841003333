"""Pairs of a better and a worse answer from a file, as those who collect preferences write them.

{"prompt": "<image>Which colour?", "chosen": "red", "rejected": "blue", "images": ["a.png"]}
{"chosen": [{"role": "user", ...}, {"role": "assistant", ...}], "rejected": [...], "images": [...]}
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sensorium.chat.message import Message, assistant
from sensorium.core.errors import ConfigError, UnreadableMedia
from sensorium.data.mixture import Share
from sensorium.data.records.domain import RecordDomain
from sensorium.data.records.formats import open_rows
from sensorium.data.records.rows import Rows
from sensorium.data.records.skipped import Skipped
from sensorium.data.records.source import Records, open_records
from sensorium.data.records.told import Told

CHOSEN, REJECTED = "chosen", "rejected"


@dataclass(frozen=True, eq=False)
class Pair(Told):
    """A record whose last answer is the better one of two; `rejected` is the other."""

    rejected: str = field(default="", kw_only=True)

    def worse(self) -> list[Message]:
        """The talk with the other answer."""
        return [*self.messages()[:-1], assistant(self.rejected)]


class PairDomain:
    """Satisfies `data.sample.Domain`: the records of a file, each with its worse answer."""

    def __init__(self, records: RecordDomain, held_out: Rows, rows: Rows) -> None:
        """Of records that hold the better answers; `rows` and `held_out` are those that they were read from."""
        self._records = records
        self._rows = rows
        self._held_out = held_out

    @property
    def name(self) -> str:
        """As written in the recipe."""
        return self._records.name

    @property
    def skipped(self) -> Skipped:
        """What is left out."""
        return self._records.skipped

    @property
    def validation_size(self) -> int:
        """How many pairs are held out."""
        return self._records.validation_size

    def train(self, rng: np.random.Generator) -> Pair:
        """One random pair. Raises: UnreadableMedia when it has no worse answer, or too many in a row are unusable."""
        return _paired(self._records.train(rng), self._rows)

    def validation(self, index: int) -> Pair:
        """The pair held out under that number. Raises: as `RecordDomain.validation`, and as `train`."""
        return _paired(self._records.validation(index), self._held_out)


def pair_domain(name: str, share: Share, skipped: Skipped) -> PairDomain:
    """The pairs of a share's file. Raises: ConfigError without a file, or for one without pairs; InputError."""
    if share.file is None:
        raise ConfigError(
            f"{name}: preferences are learnt from a file with columns prompt, chosen and rejected. Write: {name}: "
            "{ file: pairs.jsonl }."
        )
    path = Path(share.file)
    rows = open_rows(path)
    held_out = share.validation
    other = Path(held_out) if isinstance(held_out, str) else None
    domain = RecordDomain(
        name,
        _better(path, rows, share),
        validation=_better(other, open_rows(other), share) if other else float(held_out),
        skipped=skipped,
    )
    return PairDomain(domain, open_rows(other) if other else rows, rows)


def _better(path: Path, rows: Rows, share: Share) -> Records:
    """The records of a file with the better answers as theirs. Raises: ConfigError for a file without pairs."""
    first = next((row.values for row in rows if row.fault is None), {})
    if CHOSEN not in first or REJECTED not in first:
        raise ConfigError(
            f"{path}: got the columns {', '.join(map(str, first)) or 'none'}; expected {CHOSEN} and {REJECTED} among "
            "them. Rename them in the file."
        )
    column = "messages" if isinstance(first[CHOSEN], list) else "response"
    media = None if share.media is None else Path(share.media)
    return open_records(path, media=media, columns={**share.columns, column: CHOSEN})


def _paired(told: Told, rows: Rows) -> Pair:
    number = int(told.source.rpartition(" ")[2])  # "pairs.jsonl, record 7"
    rejected = _text(rows[number].values.get(REJECTED))
    if not rejected:
        raise UnreadableMedia(f"{told.source}: got no {REJECTED} answer; expected text. Correct or remove the record.")
    return Pair(told.media, told.turns, told.domain, talk=told.talk, source=told.source, rejected=rejected)


def _text(value: object) -> str:
    """An answer as text, as a message, or as the last one of a talk."""
    match value:
        case str():
            return value
        case [*_, last]:
            return _text(last)
        case {"content": answer} | {"value": answer}:
            return _text(answer)
        case _:
            return ""
