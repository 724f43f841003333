"""A few short clips: twelve signs of American Sign Language, bottles, a cartoon rabbit.

There is one clip of each, so no unseen clip is left for validation. Validation shows the same clips at other times
than training, without change: a high score there means that the clips were learnt, not that signs are understood.
Clips whose licence does not allow training (`train_ok` false) are not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import recolour
from sensorium.data.phrasing import NO, YES, Phrasing, Word, ask
from sensorium.data.readers.files import existing, read_lines
from sensorium.data.readers.questions import Maker, Thing, examine, is_it, talk, which_of
from sensorium.data.readers.splits import checked
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import VideoClip

FRAMES = 8
KEPT = 48
"""Frames of each clip that are kept in memory, evenly spaced."""
SIDE = 96

SIGNS = {
    "again": Word("again", "再次"),
    "book": Word("book", "书"),
    "brother": Word("brother", "兄弟"),
    "eat": Word("eat", "吃"),
    "help": Word("help", "帮助"),
    "learn": Word("learn", "学习"),
    "no": Word("no", "不"),
    "please": Word("please", "请"),
    "school": Word("school", "学校"),
    "sister": Word("sister", "姐妹"),
    "walk": Word("walk", "走"),
    "want": Word("want", "想要"),
}
SCENES = {"bottles": Word("bottles", "瓶子"), "rabbit cartoon": Word("cartoon rabbit", "卡通兔子")}
SCENE_CAPTIONS = {
    "bottles": Word("Water bottles stand on a grey surface.", "灰色台面上放着几个水瓶。"),
    "rabbit cartoon": Word("A cartoon rabbit comes out of its burrow.", "一只卡通兔子从洞里出来。"),
}
SIGNER = Word("a person signing", "一个人在打手语")

WHICH_SIGN = Phrasing(
    en=(
        *("Which sign is shown?",) * 4,
        *("What does the sign mean?",) * 2,
        "Which sign is this?",
        "What sign is this?",
        "What is the person signing?",
        "What does the person sign?",
        "Which word is signed?",
        "What is being signed?",
        "What does this gesture mean?",
        "Translate the sign.",
    ),
    zh=("这是什么手势？", "这个手语是什么意思？", "这个人在用手语说什么？", "手语表示什么", "这是哪个手语词？"),
)
WHAT_IS_FILMED = Phrasing(
    en=(
        *("What is this?",) * 3,
        *("What is in this video?",) * 3,
        "What is shown?",
        "What do you see?",
        "What does the video show?",
        "What is in the clip?",
        "What can you see in the video?",
        "What's in the video?",
    ),
    zh=("这是什么？", "视频里是什么？", "视频里有什么？", "你看到了什么？", "视频里是什么"),
)
IS_CARTOON = Phrasing(
    en=(
        "Is it a cartoon?",
        "Is this a cartoon?",
        "Is the video animated?",
        "Is this an animation?",
        "Is it animated?",
        "Is this a drawn film?",
        "Was this video made on a computer?",
        "Is the clip a cartoon?",
    ),
    zh=("这是动画片吗？", "这是动画吗？", "是动画吗", "这个视频是不是动画？"),
)
IS_SIGN = Phrasing(
    en=(
        'Is it the sign for "{thing}"?',
        'Is this the sign for "{thing}"?',
        'Does the person sign "{thing}"?',
        'Does the sign mean "{thing}"?',
        'Is "{thing}" signed here?',
        'Does this mean "{thing}"?',
        'Is the word "{thing}"?',
        'Is the person signing "{thing}"?',
    ),
    zh=("这个手语是“{thing}”吗？", "这是“{thing}”的手势吗？", "是“{thing}”的意思吗", "手语说的是“{thing}”吗？"),
)
DESCRIBE_VIDEO = Phrasing(
    en=(
        "Describe the video.",
        "Describe this video.",
        "What happens in the video?",
        "What is happening?",
        "Caption this.",
        "What is going on?",
        "Describe the clip.",
        "Tell me what happens.",
    ),
    zh=("描述这个视频。", "视频里发生了什么？", "描述一下", "发生了什么"),
)


@dataclass(frozen=True, eq=False)
class _Film:
    """Frames uint8 [frames, height, width, 3] at times [frames] of a clip so many seconds long, and its label."""

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    seconds: float
    label: str


class Videos:
    """The clips of `folder` that may train; decoded when first used."""

    name = "videos"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _films(self) -> Sequence[_Film]:
        rows = [row for row in read_lines(self._folder / "videos.jsonl") if row["train_ok"]]
        unknown = [row["label"] for row in rows if row["label"] not in SIGNS and row["label"] not in SCENES]
        if unknown or not rows:
            raise UnreadableMedia(
                f"{self._folder}: {len(rows)} clips that may train, unknown labels {unknown}; expected the known "
                "signs and scenes. Fetch the set again."
            )
        return [_decode(self._folder / row["file"], row["label"]) for row in rows]

    @cached_property
    def validation_size(self) -> int:
        """One for each clip."""
        return len(self._films)

    def train(self, rng: np.random.Generator) -> Sample:
        """Eight frames of a random stretch of one clip, maybe mirrored and recoloured, with several questions."""
        film = self._films[int(rng.integers(len(self._films)))]
        length = rng.uniform(0.7, 1.0) * len(film.times)
        edges = rng.uniform(0.0, len(film.times) - length) + np.linspace(0.0, length, FRAMES + 1)
        chosen = rng.uniform(edges[:-1], edges[1:])
        clip = _take(film, chosen, self.name)
        frames = clip.frames[:, :, ::-1] if rng.random() < 0.5 else clip.frames  # signers may be left-handed
        if rng.random() < 0.6:
            count, height, width, _ = frames.shape
            frames = recolour(frames.reshape(count * height, width, 3), rng).reshape(frames.shape)
        clip = VideoClip(np.ascontiguousarray(frames), clip.times, clip.seconds, source=self.name)
        return Sample((clip,), talk(rng, _ask_primary(rng, film), _makers(rng, film), "video"), self.name)

    def validation(self, index: int) -> Sample:
        """The middles of eight equal parts of a clip, and what it shows. Raises: UsageError for a wrong index."""
        film = self._films[checked(index, self.validation_size, self.name)]
        clip = _take(film, (np.arange(FRAMES) + 0.5) * len(film.times) / FRAMES, self.name)
        if film.label in SIGNS:
            turns = examine(index, "Which sign is shown?", WHICH_SIGN, SIGNS[film.label], "sign")
        else:
            turns = examine(index, "What is in this video?", WHAT_IS_FILMED, SCENES[film.label], "name")
        return Sample((clip,), turns, self.name)


def _decode(path: Path, label: str) -> _Film:
    pictures, times = [], []
    last = 0.0
    try:
        with av.open(str(existing(path)), "r") as container:
            count = sum(packet.size > 0 for packet in container.demux(video=0))
        wanted = set(np.linspace(0, count - 1, min(KEPT, count)).round().astype(int).tolist())
        with av.open(str(path), "r") as container:
            for place, frame in enumerate(container.decode(video=0)):
                last = frame.time if frame.time is not None else last
                if place in wanted:
                    pictures.append(_small(frame))
                    times.append(last)
    except (av.FFmpegError, IndexError) as error:
        raise UnreadableMedia(f"{path}: {error}; expected a video. Fetch the data set again.") from error
    if len(pictures) < FRAMES:
        raise UnreadableMedia(f"{path}: {len(pictures)} frames; {FRAMES} are needed. Fetch the set again.")
    return _Film(np.stack(pictures), np.array(times, np.float64) - times[0], last - times[0], label)


def _small(frame: av.VideoFrame) -> NDArray[np.uint8]:
    scale = min(1.0, SIDE / max(frame.width, frame.height))
    size = round(frame.width * scale), round(frame.height * scale)
    return np.asarray(frame.reformat(*size, format="rgb24", interpolation="AREA").to_ndarray(), np.uint8)


def _take(film: _Film, places: NDArray[np.float64], source: str) -> VideoClip:
    chosen = np.clip(places.astype(int), 0, len(film.times) - 1)
    return VideoClip(film.frames[chosen], film.times[chosen], film.seconds, source=source)


def _ask_primary(rng: np.random.Generator, film: _Film) -> Turn:
    if film.label in SIGNS:
        return ask(rng, WHICH_SIGN, SIGNS[film.label], "sign")
    return ask(rng, WHAT_IS_FILMED, SCENES[film.label], "name")


def _makers(rng: np.random.Generator, film: _Film) -> list[Maker]:
    makers: list[Maker] = []
    cartoon = film.label == "rabbit cartoon"
    if cartoon or rng.random() < 1 / (len(SIGNS) + len(SCENES) - 1):  # one clip in all: yes as often as no
        makers.append(partial(ask, phrasing=IS_CARTOON, answer=YES if cartoon else NO, kind="is it"))
    if film.label in SIGNS:
        thing = Thing(SIGNS[film.label], "")
        others = [Thing(word, "") for name, word in SIGNS.items() if name != film.label]
        caption = Word(f'A person signs "{thing.word.en}".', f"一个人用手语表示“{thing.word.zh}”。")
        makers += [
            partial(is_it, thing=thing, others=others, phrasing=IS_SIGN),
            partial(which_of, thing=thing, others=others),
            partial(ask, phrasing=WHAT_IS_FILMED, answer=SIGNER, kind="name"),
        ]
    else:
        caption = SCENE_CAPTIONS[film.label]
    makers.append(partial(ask, phrasing=DESCRIBE_VIDEO, answer=caption, kind="caption", weight=0.2))
    return makers
