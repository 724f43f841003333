"""Things to be counted: a sound of so many beeps, a picture of so many shapes of one kind."""

import numpy as np

from sensorium.data.phrasing import Word
from sensorium.data.synthetic import waves
from sensorium.data.synthetic.drawing import paint_shape
from sensorium.data.synthetic.draws import between, one_of, whole
from sensorium.data.synthetic.grounds import gradient
from sensorium.data.synthetic.heard import Draw
from sensorium.data.synthetic.layout import HELD_OUT_PAIRS, TRAIN_LAYOUTS, colours_against, place_items
from sensorium.data.synthetic.names import COLOURS, SHAPES
from sensorium.data.synthetic.waves import Note
from sensorium.media.types import AudioClip, Image

_COUNTED = ("circle", "square", "triangle", "star", "heart")


def beeping(draw: Draw, count: int) -> AudioClip:
    """Return a sound of `count` equal beeps at an even pace, 0.6 to 3 seconds long."""
    rng = draw.rng
    interval = between(rng, 0.2, min(0.6, 2.7 / count))
    beep = waves.play(Note(draw.hertz(250.0, 2500.0), interval * between(rng, 0.4, 0.52), one_of(rng, waves.WAVEFORMS)))
    onsets = [0.1 + interval * place for place in range(count)]
    seconds = max(0.6, 0.2 + interval * count)
    return AudioClip(waves.finish(rng, waves.place([(onset, beep) for onset in onsets], seconds)), source="beeps")


def many_shapes(draw: Draw, count: int) -> tuple[Image, Word, int]:
    """Return a picture of shapes of one kind, their name in the plural, and how many they came to be.

    Where there is no room for all, there are fewer. Validation shows looks that training does not.
    """
    rng = draw.rng
    side = whole(rng, 64, 96)
    ground = COLOURS[one_of(rng, tuple(COLOURS))].draw(rng)
    looks = [(shape, colour) for shape in _COUNTED for colour in colours_against((ground,))]
    fitting = [look for look in looks if (look in HELD_OUT_PAIRS) == draw.held_out]
    shape, colour = one_of(rng, fitting or looks)
    picture = gradient(side, side, ground, ground, vertical=True)
    items = place_items(rng, side, side, [(shape, colour)] * count, TRAIN_LAYOUTS)
    for item in items:
        paint_shape(picture, shape, (item.x, item.y), item.radius, COLOURS[colour].draw(rng))
    noun = SHAPES[shape]
    return Image(np.asarray(picture), source="shapes"), Word(noun.plural, noun.zh), len(items)
