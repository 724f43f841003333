"""Questions that several sets ask: what is it, is it this, which of these, and what nobody can tell.

A wording that stands twice in a table is drawn twice as often; the plain "What is this?" leads everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from sensorium.data.phrasing import NO, UNANSWERABLE, YES, Phrasing, Word, ask
from sensorium.data.sample import Turn
from sensorium.media.types import Modality

Maker: TypeAlias = Callable[[np.random.Generator], Turn]
"""Makes one more turn about media whose truth it already knows."""


@dataclass(frozen=True)
class Thing:
    """The name of a class: the answer `word`, and the article that it takes inside an English question."""

    word: Word
    article: str = "a"

    @property
    def a(self) -> Word:
        """The name with its article: "an ankle boot"."""
        return Word(f"{self.article} {self.word.en}".strip(), self.word.zh)


WHAT_IS_SHOWN = Phrasing(
    en=(
        *("What is this?",) * 10,
        *("What is in this picture?",) * 4,
        "What's in the picture?",
        "What's this?",
        "What is shown?",
        "What is shown in the picture?",
        "What do you see?",
        "What is it?",
        "What is in the image?",
        "What does the picture show?",
        "What object is this?",
        "Name the object.",
        "Can you tell me what this is?",
        "Identify this.",
    ),
    zh=(
        *("这是什么？",) * 3,
        *("图里是什么？",) * 2,
        "图片里有什么？",
        "图中是什么东西？",
        "你看到了什么？",
        "这张图片上是什么？",
        "这个是什么",
        "请说出图中的物体。",
    ),
)

WHAT_IS_HEARD = Phrasing(
    en=(
        *("What do you hear?",) * 8,
        *("What is this?",) * 2,
        *("What is this sound?",) * 2,
        "What sound is this?",
        "What can you hear?",
        "What's that sound?",
        "What is making this sound?",
        "What is in the recording?",
        "What is happening in this recording?",
        "Name the sound.",
        "Identify this sound.",
        "Which sound do you hear?",
    ),
    zh=(
        *("你听到了什么？",) * 4,
        *("这是什么声音？",) * 2,
        "这是什么？",
        "录音里是什么？",
        "听到什么了",
        "这段声音是什么？",
        "请说出这个声音。",
    ),
)

IS_IT = Phrasing(
    en=(
        *("Is this {thing}?",) * 3,
        *("Is it {thing}?",) * 2,
        "Is that {thing}?",
        "Does the picture show {thing}?",
        "Is {thing} shown here?",
        "Do you see {thing}?",
        "Would you say this is {thing}?",
        "Am I looking at {thing}?",
    ),
    zh=(
        *("这是{thing}吗？",) * 3,
        "图里是{thing}吗？",
        "图中的东西是{thing}吗？",
        "是{thing}吗",
        "这个是不是{thing}？",
    ),
)

DO_YOU_HEAR = Phrasing(
    en=(
        *("Do you hear {thing}?",) * 3,
        *("Is this {thing}?",) * 2,
        "Is this the sound of {thing}?",
        "Can you hear {thing}?",
        "Is it {thing}?",
        "Does this sound like {thing}?",
        "Is that {thing}?",
        "Is {thing} in the recording?",
    ),
    zh=(*("这是{thing}吗？",) * 2, "这是不是{thing}？", "你听到的是{thing}吗？", "录音里是{thing}吗？", "是{thing}吗"),
)

WHICH_OF_TWO = Phrasing(
    en=(
        *("Is it {one} or {two}?",) * 3,
        *("Is this {one} or {two}?",) * 3,
        "Which is it, {one} or {two}?",
        "Is that {one} or {two}?",
        "{one} or {two}?",
        "What is this, {one} or {two}?",
        "Which one is this: {one} or {two}?",
        "Would you call this {one} or {two}?",
    ),
    zh=(
        "这是{one}还是{two}？",
        "这是{one}还是{two}？",
        "是{one}还是{two}",
        "{one}还是{two}？",
        "这个是{one}，还是{two}？",
    ),
)

WHICH_OF_FOUR = Phrasing(
    en=(
        "Which of these is it: {one}, {two}, {three} or {four}?",
        "Is it {one}, {two}, {three} or {four}?",
        "Is this {one}, {two}, {three} or {four}?",
        "What is this: {one}, {two}, {three} or {four}?",
        "Choose one: {one}, {two}, {three} or {four}.",
        "Pick the right word: {one}, {two}, {three}, {four}.",
        "{one}, {two}, {three} or {four}?",
        "Which word fits: {one}, {two}, {three} or {four}?",
    ),
    zh=(
        "这是{one}、{two}、{three}还是{four}？",
        "以下哪个正确：{one}、{two}、{three}、{four}？",
        "选一个：{one}、{two}、{three}、{four}",
        "是{one}、{two}、{three}，还是{four}？",
    ),
)

DESCRIBE = Phrasing(
    en=(
        "Describe the picture.",
        "Describe this picture.",
        "Describe the image.",
        "Describe it.",
        "Caption this.",
        "Write a caption.",
        "What does this picture look like?",
        "Tell me about this picture.",
    ),
    zh=("描述这张图片。", "请描述图片。", "描述一下", "写一句说明。", "介绍一下这张图片。"),
)

DESCRIBE_SOUND = Phrasing(
    en=(
        "Describe the sound.",
        "Describe this recording.",
        "Describe what you hear.",
        "Caption this sound.",
        "Tell me about this recording.",
        "What does this recording sound like?",
        "Describe it.",
        "Write a caption for this sound.",
    ),
    zh=("描述这段声音。", "请描述你听到的。", "描述一下", "介绍一下这段录音。"),
)

UNSEEN = Phrasing(
    en=(
        "What colour is the {unseen}?",
        "What color is the {unseen}?",
        "Where is the {unseen}?",
        "How big is the {unseen}?",
        "What is written on the {unseen}?",
        "Who is holding the {unseen}?",
        "What is next to the {unseen}?",
        "Who filmed or photographed this?",
        "When was this taken?",
        "What is its serial number?",
        "What is the name of the owner?",
        "How much did it cost?",
    ),
    zh=(
        "{unseen}是什么颜色的？",
        "{unseen}在哪里？",
        "{unseen}上写着什么？",
        "谁拿着{unseen}？",
        "这是谁拍的？",
        "这是什么时候拍的？",
        "它的编号是多少？",
        "它多少钱？",
    ),
)

UNHEARD = Phrasing(
    en=(
        "What colour is the {unseen}?",
        "Which song is this?",
        "Which instrument is playing?",
        "Who is the singer?",
        "What is the name of the speaker?",
        "Who recorded this?",
        "When was this recorded?",
        "In which city was this recorded?",
        "What does the {unseen} look like?",
        "What is on the table?",
        "What is the weather forecast?",
        "How old is the owner?",
    ),
    zh=(
        "{unseen}是什么颜色的？",
        "这是哪首歌？",
        "是什么乐器在演奏？",
        "说话的人叫什么名字？",
        "这是谁录的？",
        "这是什么时候录的？",
        "这是在哪个城市录的？",
        "{unseen}长什么样？",
    ),
)

UNSEEN_THINGS = (
    Word("red hat", "红帽子"),
    Word("hat", "帽子"),
    Word("traffic light", "红绿灯"),
    Word("birthday cake", "生日蛋糕"),
    Word("bicycle", "自行车"),
    Word("snowman", "雪人"),
    Word("newspaper", "报纸"),
    Word("horse", "马"),
    Word("train", "火车"),
    Word("kite", "风筝"),
    Word("teapot", "茶壶"),
    Word("firefighter", "消防员"),
)
"""Things that no picture or sound of these sets shows; a set with other pictures brings its own."""


def is_it(
    rng: np.random.Generator, thing: Thing, others: Sequence[Thing], phrasing: Phrasing = IS_IT, kind: str = "is it"
) -> Turn:
    """Ask yes or no, each true half of the time; a wrong thing comes from `others`."""
    if rng.random() < 0.5:
        return ask(rng, phrasing, YES, kind, thing=thing.a)
    return ask(rng, phrasing, NO, kind, thing=others[int(rng.integers(len(others)))].a)


def which_of(rng: np.random.Generator, thing: Thing, others: Sequence[Thing], *, count: int = 2) -> Turn:
    """Offer the true thing among `count` (2 or 4), in random order. `others` leaves it out and has enough."""
    wrong = rng.choice(len(others), size=count - 1, replace=False)
    offered = [thing, *(others[int(index)] for index in wrong)]
    shuffled = [offered[int(index)].a for index in rng.permutation(count)]
    slots = dict(zip(("one", "two", "three", "four"), shuffled, strict=False))
    question, language = (WHICH_OF_TWO if count == 2 else WHICH_OF_FOUR).pick(rng, **slots)
    return Turn(question, thing.word[language], f"which of {count}", language)


def absent(others: Sequence[Thing]) -> tuple[Word, ...]:
    """Things to ask about that are not there: those of every set, and the other classes that take "is"."""
    return (*UNSEEN_THINGS, *(other.word for other in others if other.article))


def untold(rng: np.random.Generator, modality: Modality, things: Sequence[Word] = UNSEEN_THINGS) -> Turn:
    """Ask about something that is not there; the answer says so."""
    phrasing = UNHEARD if modality == "audio" else UNSEEN
    unseen = things[int(rng.integers(len(things)))]
    return ask(rng, phrasing, UNANSWERABLE[modality], "unanswerable", unseen=unseen)


def primary_first(
    rng: np.random.Generator, primary: Turn, others: Sequence[Turn], share: float = 0.6
) -> tuple[Turn, ...]:
    """Put the primary question first that often, and in any place otherwise."""
    place = 0 if rng.random() < share else int(rng.integers(len(others) + 1))
    return (*others[:place], primary, *others[place:])


def talk(
    rng: np.random.Generator,
    primary: Turn,
    makers: Sequence[Maker],
    modality: Modality,
    things: Sequence[Word] = UNSEEN_THINGS,
) -> tuple[Turn, ...]:
    """Join `primary` with one to three turns of `makers`; about every seventh time with one that nobody can answer."""
    count = min(len(makers), int(rng.integers(1, 4)))
    others = [makers[int(index)](rng) for index in rng.choice(len(makers), size=count, replace=False)]
    if rng.random() < 0.15:
        others.insert(int(rng.integers(len(others) + 1)), untold(rng, modality, things))
    return primary_first(rng, primary, others)


def examine(index: int, plain: str, phrasing: Phrasing, answer: Word | str, kind: str) -> tuple[Turn]:
    """Return the one turn of a validation sample: the plain question, and a drawn wording for every fourth sample."""
    if index % 4 == 3:
        return (ask(np.random.default_rng(index), phrasing, answer, kind),)
    return (Turn(plain, answer.en if isinstance(answer, Word) else answer, kind),)
