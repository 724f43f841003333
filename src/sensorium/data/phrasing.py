"""How a question is put and answered: many wordings per question, in English and in Chinese.

A question kind is a `Phrasing`, a frozen table of templates; what goes into a template, and the answer, are
`Word`s, which know both languages. `ask` draws a wording and gives the finished `Turn`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sensorium.data.sample import Language, Measure, Turn
from sensorium.media.types import Modality

CHINESE_SHARE = 0.35
CASUAL_SHARE = 0.3
"""Share of wordings written as people type them: no capital, no question mark."""


@dataclass(frozen=True)
class Word:
    """A word or sentence in both languages; `word["en"]`, `word["zh"]`."""

    en: str
    zh: str

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Phrasing:
    """Templates with named {slots}: the same question in many wordings."""

    en: tuple[str, ...]
    zh: tuple[str, ...]

    def pick(self, rng: np.random.Generator, **slots: Word | str | int) -> tuple[str, Language]:
        """Draw a language and a wording; return the question with its slots filled, and the language."""
        language: Language = "zh" if rng.random() < CHINESE_SHARE else "en"
        return self.pick_in(rng, language, **slots), language

    def pick_in(self, rng: np.random.Generator, language: Language, **slots: Word | str | int) -> str:
        """Draw a wording in `language`; return the question with its slots filled."""
        templates = self.zh if language == "zh" else self.en
        template = templates[int(rng.integers(len(templates)))]
        if rng.random() < CASUAL_SHARE:
            template = _casual(template)
        return template.format(**{name: _said(value, language) for name, value in slots.items()})


def ask(
    rng: np.random.Generator,
    phrasing: Phrasing,
    answer: Word | str | int,
    kind: str,
    *,
    measure: Measure = "exact",
    weight: float = 1.0,
    **slots: Word | str | int,
) -> Turn:
    """Return a turn that asks in a wording of `phrasing` and answers in the language of the question."""
    question, language = phrasing.pick(rng, **slots)
    return Turn(question, _said(answer, language), kind, language, measure, weight)


YES = Word("yes", "是")
NO = Word("no", "不是")
"""To "is it …?" (是…吗). A question that 是 does not fit brings its own pair, as THERE_IS does for 有…吗."""

THERE_IS = Word("yes", "有")
THERE_IS_NOT = Word("no", "没有")

UNANSWERABLE: Mapping[Modality, Word] = MappingProxyType(
    {
        "image": Word("I can't tell from this picture.", "从图中看不出来。"),
        "audio": Word("I can't tell from this sound.", "从声音里听不出来。"),
        "video": Word("I can't tell from this video.", "从视频里看不出来。"),
    }
)
"""The answer to a question about what the media do not show: `UNANSWERABLE[modality][language]`."""


def _said(value: Word | str | int, language: Language) -> str:
    return value[language] if isinstance(value, Word) else str(value)


def _casual(template: str) -> str:
    """Drop the capital and the mark at the end; a template that opens with a slot keeps its first letter."""
    return (template[:1].lower() + template[1:]).rstrip("?？.。")
