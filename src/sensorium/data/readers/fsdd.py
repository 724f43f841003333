"""Free Spoken Digit Dataset: which digit is spoken. One speaker is never trained on and gives the validation.

Files are named DIGIT_SPEAKER_TAKE.wav. The recordings are 8 kHz telephone-like; training gives each another voice,
room and microphone, since four speakers are few.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import augment_speech
from sensorium.data.phrasing import Phrasing, Word, ask
from sensorium.data.readers.digits import DIGIT_WORDS, SPELL, ask_is, ask_parity, ask_size
from sensorium.data.readers.files import as_clip, decode_wav, read_archive
from sensorium.data.readers.questions import DESCRIBE_SOUND, examine, talk
from sensorium.data.readers.splits import Split, checked, split_where
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import AudioClip

WHICH_SPOKEN = Phrasing(
    en=(
        *("What do you hear?",) * 6,
        *("Which digit is spoken?",) * 5,
        *("Which digit is this?",) * 2,
        "What digit is spoken?",
        "Which number is spoken?",
        "Which digit do you hear?",
        "What number do you hear?",
        "What number is said?",
        "Which digit does the speaker say?",
        "What is this?",
        "What digit did I say?",
        "Which number did you hear?",
    ),
    zh=(
        *("你听到了什么？",) * 3,
        *("说的是哪个数字？",) * 3,
        "你听到了哪个数字？",
        "这是哪个数字？",
        "说的是几",
        "录音里是什么数字？",
    ),
)
WHAT_IS_SAID = Phrasing(
    en=(
        "Transcribe this.",
        "Transcribe the recording.",
        "Write down the word that is spoken.",
        "Which word is spoken?",
        "What word do you hear?",
        "Write what you hear as a word.",
        "What word does the speaker say?",
        "Transcribe the speech.",
    ),
    zh=SPELL.zh,
)
IS_SPOKEN = Phrasing(
    en=(
        "Is this {a}?",
        "Is it {a}?",
        "Is the digit {a}?",
        "Do you hear {a}?",
        "Is the spoken digit {digit}?",
        "Does the speaker say {digit}?",
        "Did I say {digit}?",
        "Is that {a}?",
    ),
    zh=("说的是{digit}吗？", "这个数字是{digit}吗？", "是{digit}吗", "你听到的是{digit}吗？"),
)
KIND_OF_SOUND = Phrasing(
    en=(
        "Is it speech, music or noise?",
        "Is this speech or music?",
        "What kind of sound is this?",
        "Is it a voice or an instrument?",
        "Which kind of sound is it, speech or an animal?",
        "What kind of recording is this?",
        "Speech or music?",
        "What type of audio is this?",
    ),
    zh=("这是哪类声音？", "这是说话声还是音乐？", "是语音还是噪声", "这是什么类型的录音？"),
)
SPEECH = Word("speech", "语音")


@dataclass(frozen=True, eq=False)
class _Recordings:
    """Sounds int16 [time] at 16 kHz, the digit of each [N], and the split by speaker."""

    sounds: tuple[NDArray[np.int16], ...]
    labels: NDArray[np.intp]
    split: Split


class Fsdd:
    """The spoken digits of `folder`; read when first used. `unheard` is the speaker kept for validation."""

    name = "fsdd"

    def __init__(self, folder: Path, *, unheard: str = "yweweler") -> None:
        self._folder = folder
        self._unheard = unheard

    @cached_property
    def _set(self) -> _Recordings:
        sounds, labels, held = [], [], []
        for name, content in read_archive(self._folder / "fsdd-5-speakers-wav.tar.xz", ".wav"):
            digit, speaker = _parse(PurePosixPath(name).stem, name)
            sounds.append(decode_wav(content, name))
            labels.append(digit)
            held.append(speaker == self._unheard)
        numbers = np.array(labels, np.intp)
        split = split_where(numbers, np.array(held, np.bool_), len(DIGIT_WORDS), self.name)
        return _Recordings(tuple(sounds), numbers, split)

    @cached_property
    def validation_size(self) -> int:
        """All recordings of the unheard speaker."""
        return len(self._set.split.fair_order)

    def train(self, rng: np.random.Generator) -> Sample:
        """One spoken digit, its name and one to four more questions."""
        digit = int(rng.integers(len(DIGIT_WORDS)))
        clip = self.spoken_digit(rng, digit, validation=False)
        makers = (
            partial(ask_parity, digit=digit),
            partial(ask_size, digit=digit),
            partial(ask_is, digit=digit, phrasing=IS_SPOKEN),
            partial(ask, phrasing=WHAT_IS_SAID, answer=DIGIT_WORDS[digit], kind="spelling"),
            partial(ask, phrasing=KIND_OF_SOUND, answer=SPEECH, kind="kind of sound"),
            partial(_ask_caption, digit=digit),
        )
        turns = talk(rng, ask(rng, WHICH_SPOKEN, digit, "digit"), makers, "audio")
        return Sample((clip,), turns, self.name)

    def validation(self, index: int) -> Sample:
        """A recording of the unheard speaker, and which digit it is. Raises: UsageError for an index out of range."""
        item = int(self._set.split.fair_order[checked(index, self.validation_size, self.name)])
        turns = examine(index, "Which digit is spoken?", WHICH_SPOKEN, str(self._set.labels[item]), "digit")
        return Sample((as_clip(self._set.sounds[item], self.name),), turns, self.name)

    def spoken_digit(self, rng: np.random.Generator, digit: int, validation: bool) -> AudioClip:
        """A recording of `digit`: in a changed voice for training, of the unheard speaker as it is for validation."""
        item = self._set.split.draw_of(rng, digit, validation=validation)
        clip = as_clip(self._set.sounds[item], self.name)
        return clip if validation else AudioClip(augment_speech(clip.samples, rng), source=self.name)


def _parse(stem: str, name: str) -> tuple[int, str]:
    digit, _, rest = stem.partition("_")
    if not (digit.isdecimal() and int(digit) < len(DIGIT_WORDS) and rest):
        raise UnreadableMedia(f"{name}: expected a name like 7_george_12.wav. Fetch the data set again.")
    return int(digit), rest.partition("_")[0]


def _ask_caption(rng: np.random.Generator, digit: int) -> Turn:
    word = DIGIT_WORDS[digit]
    captions = (
        Word(f"A voice says the digit {word.en}.", f"一个声音说出数字{word.zh}。"),
        Word(f'Someone says "{word.en}".', f"有人在说“{word.zh}”。"),
        Word(f"A spoken {word.en}.", f"读出的数字{word.zh}。"),
    )
    return ask(rng, DESCRIBE_SOUND, captions[int(rng.integers(len(captions)))], "caption", weight=0.2)
