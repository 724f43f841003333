"""The one tree of errors. Every message says what we got, what was expected and what to do.

    SensoriumError                      exit code 1
    ├── UsageError                      2   the call or command is wrong
    │   ├── ConfigError                 2   unknown or contradicting option
    │   └── MissingPackage              2   an optional extra is not installed
    ├── InputError                      3   a file, URL or text that cannot be taken
    │   ├── UnreadableMedia             3   not there, truncated, encrypted, corrupt
    │   ├── UnsupportedMedia            3   a format or modality that we do not take
    │   └── LimitExceeded               3   larger, longer or odder than the limits allow
    └── ModelError                      4   a checkpoint or the engine failed
        ├── CheckpointError             4   a model folder is incomplete, damaged or foreign
        ├── SpanMismatch                4   placeholders and feature rows do not agree
        └── EngineError                 4   a request failed while tokens were made

A class carries the exit code of the command line, so no other place maps errors to codes.
"""


class SensoriumError(Exception):
    """Anything that Sensorium raises on purpose; its text is meant for the user."""

    exit_code = 1


class UsageError(SensoriumError):
    """The call or the command is wrong; nothing was read."""

    exit_code = 2


class ConfigError(UsageError):
    """A config, recipe or option is unknown or contradicts another."""


class MissingPackage(UsageError):
    """An optional package is not installed; the message names the extra that brings it."""


class InputError(SensoriumError):
    """An input cannot be taken."""

    exit_code = 3


class UnreadableMedia(InputError):
    """The file is not there, truncated, encrypted or corrupt."""


class UnsupportedMedia(InputError):
    """The format, or the modality for this model, is not one that we take."""


class LimitExceeded(InputError):
    """The input is larger, longer or odder than the limits allow."""


class ModelError(SensoriumError):
    """A checkpoint or the engine failed."""

    exit_code = 4


class CheckpointError(ModelError):
    """A model folder is incomplete, damaged, or not one of ours."""


class SpanMismatch(ModelError):
    """Placeholders among the tokens and feature rows do not agree."""


class EngineError(ModelError):
    """A request failed while its tokens were made."""
