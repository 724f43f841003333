"""What commands say besides answers, in the language of the question."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Language = Literal["en", "zh"]

_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")

_TABLE: Mapping[str, Mapping[Language, str]] = MappingProxyType(
    {
        "unsure": {"en": "not sure ({percent:.0f} %)", "zh": "不太确定（{percent:.0f} %）"},
        "unsure-somehow": {"en": "not sure", "zh": "不太确定"},
        "cut": {
            "en": "cut off after {tokens} tokens; --max-tokens allows more",
            "zh": "在 {tokens} 个词元后截断；可用 --max-tokens 放宽",
        },
    }
)


def language_of(text: str) -> Language:
    """Chinese if the text has a Chinese character, else English."""
    return "zh" if _CHINESE.search(text) else "en"


def say(key: str, language: Language, **slots: float) -> str:
    """The message of that key in that language, its slots filled."""
    return _TABLE[key][language].format(**slots)
