"""Questions about a digit that is already known, written or spoken: its parity, its size, its word."""

import numpy as np

from sensorium.data.phrasing import NO, YES, Phrasing, Word, ask
from sensorium.data.sample import Turn

DIGIT_WORDS = (
    Word("zero", "零"),
    Word("one", "一"),
    Word("two", "二"),
    Word("three", "三"),
    Word("four", "四"),
    Word("five", "五"),
    Word("six", "六"),
    Word("seven", "七"),
    Word("eight", "八"),
    Word("nine", "九"),
)
SPELL = Phrasing(
    en=(
        "Spell the digit.",
        "Write the digit as a word.",
        "What is the digit in words?",
        "Write this number in letters.",
        "Spell this number.",
        "Which digit is this, as a word?",
        "How do you spell this digit?",
        "Give the digit in letters.",
    ),
    zh=("用汉字写出这个数字。", "这个数字用汉字怎么写？", "用中文汉字表示这个数字。", "汉字怎么写这个数字"),
)
EVEN_OR_ODD = Phrasing(
    en=(
        "Is it even or odd?",
        "Is this digit even or odd?",
        "Is this number odd or even?",
        "Even or odd?",
        "Odd or even?",
        "Is the number even or odd?",
        "Is that an even or an odd number?",
        "Tell me whether it is even or odd.",
    ),
    zh=("这是奇数还是偶数？", "这个数字是奇数还是偶数？", "奇数还是偶数", "它是偶数还是奇数？"),
)
IS_EVEN = Phrasing(
    en=(
        "Is it even?",
        "Is this digit even?",
        "Is this an even number?",
        "Is the number even?",
        "Is the digit divisible by two?",
        "Can you divide it by two?",
        "Is that number even?",
        "Is this even?",
    ),
    zh=("这是偶数吗？", "这个数字是偶数吗？", "是偶数吗", "这个数是不是偶数？"),
)
IS_ODD = Phrasing(
    en=(
        "Is it odd?",
        "Is this digit odd?",
        "Is this an odd number?",
        "Is the number odd?",
        "Is that number odd?",
        "Is this odd?",
        "Is the digit an odd one?",
        "Is that digit odd?",
    ),
    zh=("这是奇数吗？", "这个数字是奇数吗？", "是奇数吗", "这个数是不是奇数？"),
)
IS_LARGER = Phrasing(
    en=(
        "Is it larger than {limit}?",
        "Is this digit larger than {limit}?",
        "Is the number greater than {limit}?",
        "Is it more than {limit}?",
        "Is this number bigger than {limit}?",
        "Is the digit above {limit}?",
        "Is that more than {limit}?",
        "Is it greater than {limit}?",
    ),
    zh=("它比{limit}大吗？", "这个数字大于{limit}吗？", "大于{limit}吗", "这个数比{limit}大吗？"),
)


def ask_parity(rng: np.random.Generator, digit: int) -> Turn:
    """Even or odd, as a choice or as yes or no."""
    even = digit % 2 == 0
    choice = rng.random()
    if choice < 0.5:
        return ask(rng, EVEN_OR_ODD, Word("even", "偶数") if even else Word("odd", "奇数"), "parity")
    if choice < 0.75:
        return ask(rng, IS_EVEN, YES if even else NO, "parity")
    return ask(rng, IS_ODD, NO if even else YES, "parity")


def ask_size(rng: np.random.Generator, digit: int) -> Turn:
    """Larger than a random limit? Each answer half of the time where both can be true."""
    larger = digit > 0 and (digit == 9 or rng.random() < 0.5)
    limit = int(rng.integers(0, digit)) if larger else int(rng.integers(digit, 10))
    return ask(rng, IS_LARGER, YES if larger else NO, "compare", limit=limit)


def ask_is(rng: np.random.Generator, digit: int, phrasing: Phrasing) -> Turn:
    """Is it this {digit}, or {a} of it ("an 8")? Each answer half of the time."""
    right = rng.random() < 0.5
    asked = digit if right else (digit + int(rng.integers(1, 10))) % 10
    article = "an" if asked == 8 else "a"
    return ask(rng, phrasing, YES if right else NO, "is it", digit=asked, a=Word(f"{article} {asked}", str(asked)))
