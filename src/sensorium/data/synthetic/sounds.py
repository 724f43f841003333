"""Scenarios of one or two made sounds: steady tones, chirps, chords, noise, silence, and comparisons of two."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sensorium.data.phrasing import THERE_IS, UNANSWERABLE, Word
from sensorium.data.synthetic import tone_phrasings as say
from sensorium.data.synthetic import waves
from sensorium.data.synthetic.draws import between, one_of, some_of, weighted
from sensorium.data.synthetic.heard import PITCHES, Draw, Heard, caption, kind_questions
from sensorium.data.synthetic.truths import Question, whether
from sensorium.data.synthetic.waves import Note, Samples, Waveform

_FADED = 0.06  # loudness at the quiet end of a sound that grows or dies: 24 dB


def _loudness(rng: np.random.Generator) -> tuple[Word, float, float]:
    """Return how the loudness changes, and the loudness at the start and the end."""
    change = weighted(rng, ((0.5, say.STEADY), (0.25, say.LOUDER), (0.25, say.QUIETER)))
    return change, _FADED if change == say.LOUDER else 1.0, _FADED if change == say.QUIETER else 1.0


def _seconds(rng: np.random.Generator) -> tuple[float, Word]:
    """Return a length that is clearly short or clearly long, and its name."""
    return (between(rng, 0.15, 0.45), say.SHORT) if rng.random() < 0.35 else (between(rng, 1.4, 2.8), say.LONG)


def steady(draw: Draw) -> Heard:
    """One tone that holds its pitch."""
    rng = draw.rng
    pitch = one_of(rng, tuple(PITCHES))
    change, start, end = _loudness(rng)
    seconds, length = _seconds(rng)
    waveform = one_of(rng, waves.WAVEFORMS)
    tone = waves.play(Note(draw.hertz(*PITCHES[pitch]), seconds, waveform, loudness=start, to_loudness=end))
    quiet = between(rng, 0.1, 0.3)
    questions = [
        *kind_questions(rng, say.TONE),
        Question(say.HIGH_OR_LOW, pitch, "pitch"),
        Question(say.RISING_OR_FALLING, say.STEADY, "pitch change"),
        Question(say.LENGTH, length, "length"),
        Question(say.HOW_MANY, 1, "count", {"things": Word("tones", "音")}),
        Question(say.CHORD_OR_NOTE, say.ONE_NOTE, "chord or note"),
        caption(f"a {length.en}, {pitch.en} tone", f"一个{length.zh}的{pitch.zh}音"),
    ]
    if pitch != say.HIGH:  # a high tone has too few harmonics left below 8 kHz to tell
        questions.append(Question(say.WAVEFORM, say.WAVES[waveform], "waveform"))
        if waveform != "triangle":
            questions.append(
                Question(say.SMOOTH_OR_BUZZY, say.SMOOTH if waveform == "sine" else say.BUZZY, "smooth or buzzy")
            )
    if length == say.LONG:
        questions.append(Question(say.LOUDNESS, change, "loudness change"))
    return Heard(waves.place([(quiet, tone)], max(quiet + seconds + quiet, 0.6)), tuple(questions))


def glide(draw: Draw) -> Heard:
    """A chirp: the pitch rises or falls by one to three octaves."""
    rng = draw.rng
    low = draw.hertz(110.0, 900.0)
    high = low * 2 ** between(rng, 1.0, 3.0 if low < 450 else 2.0)
    up = rng.random() < 0.5
    change = say.RISING if up else say.FALLING
    waveform: Waveform = one_of(rng, ("sine", "sine", "square", "sawtooth"))
    seconds = between(rng, 0.5, 2.0)
    sound = waves.play(Note(low if up else high, seconds, waveform, to_hertz=high if up else low))
    questions = (
        *kind_questions(rng, say.GLIDE),
        Question(say.RISING_OR_FALLING, change, "pitch change"),
        Question(say.RISING_OR_FALLING, change, "pitch change"),
        Question(say.HOW_MANY, 1, "count", {"things": Word("chirps", "滑音")}),
        Question(say.CHORD_OR_NOTE, say.ONE_NOTE, "chord or note"),
        caption(f"a {change.en} chirp", f"一个{change.zh}的滑音"),
    )
    return Heard(waves.place([(0.15, sound)], seconds + 0.3), questions)


def chord(draw: Draw) -> Heard:
    """Three tones at once: a major or minor triad."""
    rng = draw.rng
    root = draw.hertz(180.0, 600.0)
    third = 5 / 4 if rng.random() < 0.5 else 6 / 5
    change, start, end = _loudness(rng)
    seconds, length = _seconds(rng)
    sound = waves.chord((root, root * third, root * 3 / 2), seconds, one_of(rng, waves.WAVEFORMS))
    sound *= np.geomspace(start, end, len(sound), dtype=np.float32)
    questions = [
        *kind_questions(rng, say.CHORD),
        Question(say.CHORD_OR_NOTE, say.CHORD, "chord or note"),
        Question(say.LENGTH, length, "length"),
        Question(say.RISING_OR_FALLING, say.STEADY, "pitch change"),
        caption(f"a {length.en} chord", f"一个{length.zh}和弦"),
    ]
    if length == say.LONG:
        questions.append(Question(say.LOUDNESS, change, "loudness change"))
    return Heard(waves.place([(0.15, sound)], max(seconds + 0.3, 0.6)), tuple(questions))


def noise(draw: Draw) -> Heard:
    """White noise, long or short, that may grow or die away."""
    rng = draw.rng
    change, start, end = _loudness(rng)
    seconds, length = _seconds(rng)
    sound = waves.hiss(rng, seconds)
    sound *= np.geomspace(start, end, len(sound), dtype=np.float32)
    quiet = between(rng, 0.1, 0.3)
    questions = [
        *kind_questions(rng, say.NOISE),
        Question(say.LENGTH, length, "length"),
        caption(f"{length.en} noise", f"一段{length.zh}噪声"),
    ]
    if length == say.LONG:
        questions.append(Question(say.LOUDNESS, change, "loudness change"))
    return Heard(waves.place([(quiet, sound)], max(seconds + 2 * quiet, 0.6)), tuple(questions), noisy=0.0)


def silence(draw: Draw) -> Heard:
    """Nothing at all, or the faint hiss of a microphone in a silent room."""
    rng = draw.rng
    samples = np.zeros(waves.length(between(rng, 0.6, 3.0)), np.float32)
    if rng.random() < 0.5:
        faint = np.clip(rng.standard_normal(len(samples), np.float32), -4.0, 4.0)
        samples = faint * np.float32(between(rng, 0.02, 0.24) * waves.AUDIBLE)
    questions = (
        *kind_questions(rng, say.SILENCE),
        Question(say.HIGH_OR_LOW, UNANSWERABLE["audio"], "unanswerable"),
        Question(say.HOW_MANY, 0, "count", {"things": say.BEEPS}),
        caption("silence", "一片寂静"),
    )
    return Heard(samples, questions, noisy=0.0)


def moment(draw: Draw) -> Heard:
    """One short sound at the beginning, in the middle or at the end of silence."""
    rng = draw.rng
    thing, sound = _short_sound(draw)
    where = one_of(rng, (say.BEGINNING, say.MIDDLE, say.END))
    seconds = between(rng, 1.8, 3.0)
    room = seconds - len(sound) / waves.length(1.0)
    share = {say.BEGINNING: (0.0, 0.14), say.MIDDLE: (0.43, 0.57), say.END: (0.86, 1.0)}[where]
    questions = (
        Question(say.WHERE, where, "when", {"thing": thing}),
        Question(say.WHERE, where, "when", {"thing": thing}),
        Question(say.HOW_MANY, 1, "count", {"things": Word("sounds", "声音")}),
        Question(say.ANY_SOUND, THERE_IS, "any sound"),
        Question(say.UNTOLD, UNANSWERABLE["audio"], "unanswerable"),
        Question(say.LENGTH, say.SHORT, "length"),
        caption(f"a {thing.en} at the {where.en}", f"{where.zh}有{thing.zh}"),
    )
    return Heard(waves.place([(between(rng, *share) * room, sound)], seconds), questions)


def _short_sound(draw: Draw) -> tuple[Word, Samples]:
    rng = draw.rng
    seconds = between(rng, 0.12, 0.3)
    made = weighted(rng, ((0.5, "beep"), (0.3, "noise"), (0.2, "click")))
    if made == "beep":
        return Word("beep", "哔声"), waves.play(Note(draw.hertz(300.0, 2000.0), seconds, one_of(rng, waves.WAVEFORMS)))
    if made == "noise":
        return Word("noise", "噪声"), waves.hiss(rng, seconds)
    return Word("click", "咔嗒声"), waves.click(rng)


def order(draw: Draw) -> Heard:
    """Two different sounds, one after the other."""
    rng = draw.rng
    seconds = between(rng, 0.35, 0.9)
    low = draw.hertz(200.0, 700.0)
    made: dict[Word, Callable[[], Samples]] = {
        say.TONE: lambda: waves.play(Note(draw.hertz(250.0, 2000.0), seconds, one_of(rng, waves.WAVEFORMS))),
        say.NOISE: lambda: waves.hiss(rng, seconds),
        say.GLIDE: lambda: waves.play(Note(low, seconds, to_hertz=low * 4)),
        say.CLICKS: lambda: waves.place([(0.15 * place, waves.click(rng)) for place in range(4)], 0.6),
    }
    first, last = some_of(rng, tuple(made), 2)
    before, after = made[first](), made[last]()
    pause = between(rng, 0.1, 0.35)
    start = 0.1 + len(before) / waves.length(1.0) + pause
    one, two = some_of(rng, [say.THINGS.get(each, each) for each in (first, last)], 2)
    slots: dict[str, Word | str | int] = {"one": one, "two": two}
    questions = (
        Question(say.WHICH_FIRST, first, "order", slots),
        Question(say.WHICH_LAST, last, "order", slots),
        whether(say.IS_IT, False, "is it", thing=say.SILENCE),
        Question(say.UNTOLD, UNANSWERABLE["audio"], "unanswerable"),
        caption(f"{first.en}, then {last.en}", f"先是{first.zh}，然后是{last.zh}"),
    )
    return Heard(waves.place([(0.1, before), (start, after)], start + len(after) / waves.length(1.0) + 0.1), questions)


def comparison(draw: Draw) -> Heard:
    """Two tones, of which one may be higher, louder or longer than the other."""
    rng = draw.rng
    base = draw.hertz(180.0, 1100.0)
    apart = one_of(rng, (0.0, 1.0, -1.0, 1.0, -1.0)) * between(rng, 3.0, 12.0)  # semitones
    note = Note(base, between(rng, 0.3, 0.6), one_of(rng, waves.WAVEFORMS))
    second = replace(note, hertz=base * 2 ** (apart / 12))
    higher = say.SAME if apart == 0 else say.HIGHER if apart > 0 else say.LOWER
    questions = [Question(say.SECOND_PITCH, higher, "second pitch")] * 2
    if apart:
        questions += [Question(say.WHICH_HIGHER, say.SECOND if apart > 0 else say.FIRST, "which is higher")]
    louder = rng.random() < 0.5
    aspect = one_of(rng, ("plain", "loud", "long"))
    if aspect == "loud":
        note, second = (note, replace(second, loudness=0.2)) if louder else (replace(note, loudness=0.2), second)
        questions.append(Question(say.WHICH_LOUDER, say.FIRST if louder else say.SECOND, "which is louder"))
    elif aspect == "long":
        longer = replace(note if louder else second, seconds=note.seconds * between(rng, 1.9, 2.6))
        note, second = (longer, second) if louder else (note, longer)
        questions.append(Question(say.WHICH_LONGER, say.FIRST if louder else say.SECOND, "which is longer"))
    questions += [
        Question(say.HOW_MANY, 2, "count", {"things": Word("tones", "音")}),
        Question(say.UNTOLD, UNANSWERABLE["audio"], "unanswerable"),
        caption(f"two tones, the second {higher.en}", f"两个音，第二个{higher.zh}"),
    ]
    start = 0.1 + note.seconds + between(rng, 0.15, 0.5)
    played = waves.place([(0.1, waves.play(note)), (start, waves.play(second))], start + second.seconds + 0.1)
    return Heard(played, tuple(questions))
