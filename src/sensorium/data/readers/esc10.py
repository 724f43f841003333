"""ESC-10: ten kinds of sounds around us. One fold is never trained on and gives the validation.

A training clip is a random piece of 2 to 5 seconds, recorded differently. Several classes are mostly silence
between short events (a bark, a sneeze), so a piece is drawn until it is loud enough.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import augment_sound
from sensorium.data.phrasing import NO, YES, Phrasing, Word, ask
from sensorium.data.readers.files import as_clip, decode_sound, read_archive, read_table
from sensorium.data.readers.questions import (
    DESCRIBE_SOUND,
    DO_YOU_HEAR,
    WHAT_IS_HEARD,
    Maker,
    Thing,
    examine,
    is_it,
    talk,
    which_of,
)
from sensorium.data.readers.splits import Split, checked, split_where
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import SAMPLE_RATE, AudioClip

SOUNDS = {
    "dog": Thing(Word("dog barking", "狗叫"), "a"),
    "rain": Thing(Word("rain", "雨声"), ""),
    "sea_waves": Thing(Word("sea waves", "海浪声"), ""),
    "crying_baby": Thing(Word("crying baby", "婴儿哭声")),
    "clock_tick": Thing(Word("clock ticking", "钟表滴答声")),
    "sneezing": Thing(Word("sneezing", "打喷嚏"), ""),
    "helicopter": Thing(Word("helicopter", "直升机")),
    "chainsaw": Thing(Word("chainsaw", "电锯")),
    "rooster": Thing(Word("rooster", "公鸡打鸣")),
    "crackling_fire": Thing(Word("crackling fire", "火焰噼啪声")),
}
LABELS = tuple(SOUNDS)
CAPTIONS = {
    "dog": Word("A dog is barking.", "一只狗在叫。"),
    "rain": Word("Rain is falling.", "正在下雨。"),
    "sea_waves": Word("Waves are breaking on the shore.", "海浪拍打着海岸。"),
    "crying_baby": Word("A baby is crying.", "一个婴儿在哭。"),
    "clock_tick": Word("A clock is ticking.", "钟表在滴答作响。"),
    "sneezing": Word("Somebody is sneezing.", "有人在打喷嚏。"),
    "helicopter": Word("A helicopter is flying.", "一架直升机在飞。"),
    "chainsaw": Word("A chainsaw is running.", "电锯在工作。"),
    "rooster": Word("A rooster is crowing.", "公鸡在打鸣。"),
    "crackling_fire": Word("A fire is crackling.", "火焰在噼啪作响。"),
}
SOURCES = {
    "animal": ("dog", "rooster"),
    "human": ("crying_baby", "sneezing"),
    "machine": ("clock_tick", "helicopter", "chainsaw"),
    "nature": ("rain", "sea_waves", "crackling_fire"),
}
SOURCE_WORDS = {
    "animal": Word("animal", "动物"),
    "human": Word("human", "人"),
    "machine": Word("machine", "机器"),
    "nature": Word("nature", "自然"),
}
IS_ANIMAL = Phrasing(
    en=(
        *("Is it an animal?",) * 2,
        *("Is this an animal?",) * 2,
        "Do you hear an animal?",
        "Does an animal make this sound?",
        "Is that the sound of an animal?",
        "Can you hear an animal?",
        "Is an animal in the recording?",
        "Is this sound made by an animal?",
    ),
    zh=("这是动物的声音吗？", "是动物吗？", "这是不是动物发出的声音？", "是动物叫声吗", "这声音是动物发出来的吗？"),
)
WHICH_SOURCE = Phrasing(
    en=(
        "Is it an animal, a human, a machine or nature?",
        "What makes this sound: animal, human, machine or nature?",
        "Animal, human, machine or nature?",
        "Does it come from an animal, a human, a machine or nature?",
        "Which kind of source is it: animal, human, machine or nature?",
        "Who or what makes the sound, an animal, a human, a machine or nature?",
        "Is the source an animal, a human, a machine or nature?",
        "Choose the source: animal, human, machine, nature.",
    ),
    zh=(
        "这是动物、人、机器还是自然的声音？",
        "声音来自动物、人、机器还是自然？",
        "动物、人、机器还是自然？",
        "声源是哪一类：动物、人、机器、自然？",
    ),
)
LOUD_ENOUGH = 0.35
"""A piece must reach this share of the loudest moment of its recording, else another is drawn."""


@dataclass(frozen=True, eq=False)
class _Clips:
    """Sounds int16 [time] at 16 kHz, the class of each [N], and the split by fold."""

    sounds: tuple[NDArray[np.int16], ...]
    labels: NDArray[np.intp]
    split: Split


class Esc10:
    """The sounds of `folder`; read when first used. `fold` is kept for validation."""

    name = "esc10"

    def __init__(self, folder: Path, *, fold: int = 4) -> None:
        self._folder = folder
        self._fold = fold

    @cached_property
    def _set(self) -> _Clips:
        rows = {row["file"]: row for row in read_table(self._folder / "meta.csv")}
        sounds, labels, held = [], [], []
        for name, content in read_archive(self._folder / "esc10-folds1-4-16k-flac.tar", ".flac"):
            row = rows.get(name.removeprefix("./"))
            if row is None or row["label"] not in SOUNDS:
                raise UnreadableMedia(f"{name}: no known label in meta.csv. Fetch tar and table of the set together.")
            sounds.append(decode_sound(content, name))
            labels.append(LABELS.index(row["label"]))
            held.append(int(row["fold"]) == self._fold)
        numbers = np.array(labels, np.intp)
        return _Clips(tuple(sounds), numbers, split_where(numbers, np.array(held, np.bool_), len(LABELS), self.name))

    @cached_property
    def validation_size(self) -> int:
        """All clips of the held-out fold."""
        return len(self._set.split.fair_order)

    def train(self, rng: np.random.Generator) -> Sample:
        """A piece of one recording, its name and one to four more questions."""
        label = LABELS[int(rng.integers(len(LABELS)))]
        clip = self.sound(rng, label, validation=False)
        primary = ask(rng, WHAT_IS_HEARD, SOUNDS[label].word, "sound")
        return Sample((clip,), talk(rng, primary, _makers(rng, label), "audio"), self.name)

    def sound(self, rng: np.random.Generator, label: str, validation: bool) -> AudioClip:
        """A sound of a class: a piece, recorded differently, for training; of the held-out fold for validation."""
        item = self._set.split.draw_of(rng, LABELS.index(label), validation=validation)
        if validation:
            return as_clip(self._set.sounds[item], self.name)
        clip = as_clip(_piece(self._set.sounds[item], rng), self.name)
        return AudioClip(augment_sound(clip.samples, rng), source=self.name)

    def validation(self, index: int) -> Sample:
        """A whole clip of the held-out fold, and what it is. Raises: UsageError for an index out of range."""
        item = int(self._set.split.fair_order[checked(index, self.validation_size, self.name)])
        word = SOUNDS[LABELS[self._set.labels[item]]].word
        turns = examine(index, "What do you hear?", WHAT_IS_HEARD, word, "sound")
        return Sample((as_clip(self._set.sounds[item], self.name),), turns, self.name)


def _piece(sound: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """Cut 2 to 5 seconds; of up to six draws the first that is loud enough, else the last."""
    loud = LOUD_ENOUGH * float(np.abs(sound[::8]).max(initial=0))
    length = min(len(sound), int(rng.uniform(2.0, 5.0) * SAMPLE_RATE) // 1024 * 1024)  # transforms are fast at these
    piece = sound[:length]
    for start in rng.integers(len(sound) - length + 1, size=6):
        piece = sound[start : start + length]
        if float(np.abs(piece[::8]).max(initial=0)) >= loud:
            break
    return piece


def _makers(rng: np.random.Generator, label: str) -> list[Maker]:
    thing, others = SOUNDS[label], [other for name, other in SOUNDS.items() if name != label]
    source = next(name for name, members in SOURCES.items() if label in members)
    makers: list[Maker] = [
        partial(is_it, thing=thing, others=others, phrasing=DO_YOU_HEAR),
        partial(which_of, thing=thing, others=others),
        partial(which_of, thing=thing, others=others, count=4),
        partial(ask, phrasing=WHICH_SOURCE, answer=SOURCE_WORDS[source], kind="source"),
        partial(_ask_caption, label=label),
    ]
    animals = len(SOURCES["animal"])
    if source == "animal" or rng.random() < animals / (len(SOUNDS) - animals):  # yes as often as no
        makers.append(partial(ask, phrasing=IS_ANIMAL, answer=YES if source == "animal" else NO, kind="is it"))
    return makers


def _ask_caption(rng: np.random.Generator, label: str) -> Turn:
    return ask(rng, DESCRIBE_SOUND, CAPTIONS[label], "caption", weight=0.2)
