"""Sizes that no network has: a config that says them is damaged, or is meant to make building it take all memory."""

from sensorium.core.errors import ConfigError

_MOST = {
    "layers": 1 << 10,
    "heads": 1 << 10,
    "head_width": 1 << 14,
    "width": 1 << 16,
    "hidden": 1 << 18,
    "tiles": 1 << 8,
    "queries": 1 << 16,
    "positions": 1 << 20,
    "vocabulary": 1 << 24,
}
"""Several times what the largest networks have."""


def check_sizes(where: str, **sizes: int) -> None:
    """Refuse sizes below 1, and absurd ones, before anything is built.

    Args:
        where: begins the message.
        sizes: by their names in the table above.

    Raises: ConfigError.
    """
    for name, value in sizes.items():
        if not 1 <= value <= _MOST[name]:
            raise ConfigError(f"{where}: {name} is {value}; expected 1 to {_MOST[name]}. Correct the model's config.")
