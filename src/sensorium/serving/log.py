"""One line of JSON per event, on standard error: no words of clients, no media, no keys, no file names of theirs."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

LOGGER = logging.getLogger("sensorium.serving")


class JsonLines(logging.Formatter):
    """Records as JSON. Of an exception only its type and where it was raised: its text may hold a client's words."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "told", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                told["at"] = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
        return json.dumps(told, ensure_ascii=True)


def tell(event: str, **told: object) -> None:
    """Log an event with what is known of it."""
    LOGGER.info(event, extra={"told": told})


def tell_failure(event: str, error: BaseException, **told: object) -> None:
    """Log an error: of ours its text too, for the operator alone."""
    LOGGER.error(event, extra={"told": told}, exc_info=(type(error), error, error.__traceback__))


@contextmanager
def written() -> Iterator[None]:
    """Send the log of the server, and the warnings of uvicorn, to standard error; afterwards all is as it was."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    before = []
    for name, level in (("sensorium.serving", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        before.append((logger, logger.handlers, logger.level, logger.propagate))
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, handlers, level, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
