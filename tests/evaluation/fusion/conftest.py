"""The smallest contenders, and a comparison of them that takes a few steps."""

from dataclasses import replace
from pathlib import Path

import pytest

from sensorium.evaluation.fusion.compare import compare
from sensorium.evaluation.fusion.result import Comparison
from sensorium.evaluation.fusion.settings import BASE, Settings
from sensorium.fusion.config import ConnectorConfig
from sensorium.models.composed.config import ComposedConfig, EncoderConfig, ModelConfig

STEPS = Settings(steps=2, seeds=1, samples=30, questions=1)

_CONNECTOR = ConnectorConfig(kind="resampler", queries=2, layers=1, heads=2)


@pytest.fixture(scope="session")
def tiny() -> ComposedConfig:
    return replace(
        BASE,
        encoders={
            "image": EncoderConfig(
                "native", sizes={"width": 16, "layers": 1, "heads": 2, "hidden": 16, "stem": (8, 8)}
            ),
            "audio": EncoderConfig(
                "mel", sizes={"width": 16, "layers": 1, "heads": 2, "hidden": 16, "stem": (4, 4, 8)}
            ),
        },
        connectors={"image": _CONNECTOR, "audio": _CONNECTOR},
        language=ModelConfig(
            sizes={"vocabulary": 300, "width": 16, "layers": 1, "heads": 2, "kv_heads": 1, "hidden": 320}
        ),
    )


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory, tiny: ComposedConfig) -> tuple[Path, Comparison]:
    """A folder, and what was found in it."""
    folder = tmp_path_factory.mktemp("fusion")
    return folder, compare(folder, STEPS, lambda *_: None, base=tiny)
