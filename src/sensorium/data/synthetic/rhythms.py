"""Scenarios of one to six beeps, clicks or bursts of noise: how many, how fast, how even, which one differs."""

from dataclasses import dataclass, replace

import numpy as np

from sensorium.data.phrasing import Word
from sensorium.data.synthetic import tone_phrasings as say
from sensorium.data.synthetic import waves
from sensorium.data.synthetic.draws import between, one_of, weighted, whole
from sensorium.data.synthetic.heard import PITCHES, Draw, Heard, caption, kind_questions
from sensorium.data.synthetic.truths import Question
from sensorium.data.synthetic.waves import Note, Samples

_LONGEST = 3.2  # seconds of a whole rhythm
_BEEP = Word("beeps", "哔声")
_ANY = Word("sounds", "声音")


@dataclass(frozen=True)
class Rhythm:
    """Seconds from each onset to the next, and from the last to the end; the shortest of them; the tempo's name."""

    intervals: tuple[float, ...]
    shortest: float
    tempo: Word | None

    @property
    def onsets(self) -> tuple[float, ...]:
        """Seconds at which each sound begins."""
        return tuple(np.cumsum((0.1, *self.intervals[:-1])).tolist())

    @property
    def seconds(self) -> float:
        """Length of the whole recording."""
        return 0.1 + sum(self.intervals)


def _even(rng: np.random.Generator, count: int, *, fastest: float = 0.18) -> Rhythm:
    """Equal intervals; fast and slow ones have a name, those between have none."""
    slow = min(0.75, _LONGEST / count)
    tempo, low, high = weighted(
        rng, ((0.4, (say.FAST, fastest, 0.25)), (0.2, (None, 0.29, 0.42)), (0.4, (say.SLOW, 0.5, slow)))
    )
    interval = between(rng, max(low, fastest), max(high, fastest + 0.02))
    return Rhythm((interval,) * count, interval, tempo)


def _uneven(rng: np.random.Generator, count: int) -> Rhythm:
    """Short and long intervals mixed, at least one of each between the onsets."""
    long = [False, True] + [bool(rng.random() < 0.5) for _ in range(count - 3)]
    order = rng.permutation(count - 1)
    intervals = [between(rng, 0.42, 0.62) if long[place] else between(rng, 0.17, 0.23) for place in order]
    return Rhythm((*intervals, 0.3), min(intervals), None)


def _with_gap(rng: np.random.Generator, count: int) -> tuple[Rhythm, int]:
    """Equal intervals but one, which is at least twice as long; and after which sound it comes."""
    interval = between(rng, 0.18, 0.3)
    after = whole(rng, 1, count - 1)
    gap = interval * between(rng, 2.4, 3.4)
    intervals = [gap if place == after else interval for place in range(1, count)]
    return Rhythm((*intervals, 0.3), interval, None), after


def beeps(draw: Draw) -> Heard:
    """Equal beeps, evenly spaced or not."""
    rng = draw.rng
    count = whole(rng, 1, 6)
    irregular = count >= 4 and rng.random() < 0.45
    rhythm = _uneven(rng, count) if irregular else _even(rng, count)
    pitch = one_of(rng, tuple(PITCHES))
    note = Note(draw.hertz(*PITCHES[pitch]), rhythm.shortest * between(rng, 0.35, 0.52), one_of(rng, waves.WAVEFORMS))
    questions = [
        *kind_questions(rng, say.BEEPS if count > 1 else say.TONE),
        *_counted(rng, _BEEP, count),
        *_timed(rhythm, _BEEP, count, irregular=irregular),
        Question(say.HIGH_OR_LOW, pitch, "pitch"),
        caption(f"{count} {pitch.en} {'beeps' if count > 1 else 'beep'}", f"{count}声{pitch.zh}音哔声"),
    ]
    if count > 1:
        questions.append(Question(say.RISING_OR_FALLING, say.STEADY, "pitch change"))
    return _heard(rhythm, [waves.play(note)] * count, questions)


def knocks(draw: Draw) -> Heard:
    """Clicks or bursts of noise."""
    rng = draw.rng
    count = whole(rng, 2, 6)
    irregular = count >= 4 and rng.random() < 0.45
    rhythm = _uneven(rng, count) if irregular else _even(rng, count)
    clicks = rng.random() < 0.65
    name = Word("clicks", "咔嗒声") if clicks else Word("bursts", "噪声")
    seconds = rhythm.shortest * between(rng, 0.35, 0.52)
    sounds = [waves.click(rng) if clicks else waves.hiss(rng, seconds) for _ in range(count)]
    questions = [
        *kind_questions(rng, say.CLICKS if clicks else say.NOISE),
        *_counted(rng, name, count),
        *_timed(rhythm, name, count, irregular=irregular),
        caption(f"{count} {name.en}", f"{count}声{name.zh}"),
    ]
    return _heard(rhythm, sounds, questions)


def pause(draw: Draw) -> Heard:
    """Beeps with one pause that is longer than the others."""
    rng = draw.rng
    count = whole(rng, 3, 6)
    rhythm, after = _with_gap(rng, count)
    note = Note(draw.hertz(200.0, 2500.0), rhythm.shortest * between(rng, 0.35, 0.5), one_of(rng, waves.WAVEFORMS))
    questions = [
        Question(say.LONGEST_GAP, after, "longest gap"),
        Question(say.LONGEST_GAP, after, "longest gap"),
        *kind_questions(rng, say.BEEPS),
        *_counted(rng, _BEEP, count),
        caption(f"{count} beeps, a long pause after {after}", f"{count}声哔声，第{after}声后停顿较长"),
    ]
    return _heard(rhythm, [waves.play(note)] * count, questions)


def melody(draw: Draw) -> Heard:
    """Beeps that climb, fall, grow louder or quieter."""
    rng = draw.rng
    count = whole(rng, 3, 6)
    rhythm = _even(rng, count)
    up = rng.random() < 0.5
    pitched = rng.random() < 0.65
    step = between(rng, 2.0, 5.0) / 12 if pitched else 0.0
    quieter = 1.0 if pitched else 0.12 ** (1 / (count - 1))
    waveform = one_of(rng, waves.WAVEFORMS)
    base, seconds = draw.hertz(220.0, 700.0), rhythm.shortest * between(rng, 0.4, 0.55)
    notes = [Note(base * 2 ** (step * i), seconds, waveform, loudness=quieter ** (count - 1 - i)) for i in range(count)]
    if pitched:
        change, kind, phrasing = (say.RISING if up else say.FALLING), "pitch change", say.RISING_OR_FALLING
    else:
        change, kind, phrasing = (say.LOUDER if up else say.QUIETER), "loudness change", say.LOUDNESS
    if pitched:
        other = Question(say.LOUDNESS, say.STEADY, "loudness change")
    else:
        other = Question(say.RISING_OR_FALLING, say.STEADY, "pitch change")
    questions = [
        Question(phrasing, change, kind),
        Question(phrasing, change, kind),
        other,
        *kind_questions(rng, say.BEEPS),
        *_counted(rng, _BEEP, count),
        *_timed(rhythm, _BEEP, count, irregular=False),
        caption(f"{count} beeps, {change.en}", f"{count}声哔声，{'音高' if pitched else '音量'}{change.zh}"),
    ]
    return _heard(rhythm, [waves.play(note) for note in (notes if up else notes[::-1])], questions)


def odd_one(draw: Draw) -> Heard:
    """Equal beeps but one, which is higher, lower, louder or longer."""
    rng = draw.rng
    count = whole(rng, 3, 6)
    rhythm = _even(rng, count, fastest=0.36)
    which, aspect = whole(rng, 1, count), one_of(rng, tuple(say.ODD))
    name = say.ODD[aspect]
    plain = Note(draw.hertz(350.0, 1200.0), between(rng, 0.1, 0.13), one_of(rng, waves.WAVEFORMS))
    octaves = between(rng, 0.5, 1.0)
    if aspect == "loudest":
        plain = replace(plain, loudness=0.22)
    odd = {
        "highest": replace(plain, hertz=plain.hertz * 2**octaves),
        "lowest": replace(plain, hertz=plain.hertz / 2**octaves),
        "loudest": replace(plain, loudness=1.0),
        "longest": replace(plain, seconds=plain.seconds * between(rng, 2.0, 2.3)),
    }[aspect]
    questions = [
        Question(say.ODD_ONE, which, "odd one", {"odd": name}),
        Question(say.ODD_ONE, which, "odd one", {"odd": name}),
        *kind_questions(rng, say.BEEPS),
        *_counted(rng, _BEEP, count),
        *_timed(rhythm, _BEEP, count, irregular=False),
        caption(
            f"{count} beeps, number {which} {say.ODD[aspect].en}", f"{count}声哔声，第{which}声{say.ODD[aspect].zh}"
        ),
    ]
    sounds = [waves.play(odd if place == which else plain) for place in range(1, count + 1)]
    return _heard(rhythm, sounds, questions)


def _counted(rng: np.random.Generator, name: Word, count: int) -> tuple[Question, ...]:
    """Counting is the hardest part, so it is asked twice as often as the rest."""
    return tuple(Question(say.HOW_MANY, count, "count", {"things": one_of(rng, (name, name, _ANY))}) for _ in range(2))


def _timed(rhythm: Rhythm, name: Word, count: int, *, irregular: bool) -> list[Question]:
    """Tempo and evenness, as far as they are clear."""
    questions = []
    if rhythm.tempo is not None and count >= 3:
        questions.append(Question(say.TEMPO, rhythm.tempo, "tempo", {"things": name}))
    if count >= 4:
        questions.append(
            Question(say.EVENNESS, say.IRREGULAR if irregular else say.REGULAR, "evenness", {"things": name})
        )
    return questions


def _heard(rhythm: Rhythm, sounds: list[Samples], questions: list[Question]) -> Heard:
    seconds = max(rhythm.seconds, 0.6)
    return Heard(waves.place(list(zip(rhythm.onsets, sounds, strict=True)), seconds), tuple(questions))
