"""`sensorium demo`: the bundled samples, what is true of them, and what the model says."""

from typing import TYPE_CHECKING

from sensorium.cli.answers import notes, receive
from sensorium.cli.console import note, write
from sensorium.cli.inputs import ModelName, open_model, read_files

if TYPE_CHECKING:
    from sensorium.chat.message import Answer
    from sensorium.models.samples import BundledSample


def demo(model: ModelName = None) -> None:
    """Show what the bundled model can do.

    It is asked about samples of each kind, in English and in Chinese, whose true answers are known.
    """
    from sensorium.models.samples import FOLDER, bundled_samples

    samples = bundled_samples()
    opened = open_model(model)
    write(f"Model {opened.name}; samples in {FOLDER}")
    right, seconds = 0, 0.0
    for number, sample in enumerate(samples, 1):
        media = read_files([str(path) for path in sample.paths])
        answer = receive(opened.stream(sample.question, *media), live=False)
        right += sample.is_right(answer.text)
        seconds += answer.timings.total
        write(f"\n{number:2d}  {' + '.join(sample.files)}: {sample.about}")
        write(_shown(sample, answer))
    write(f"\n{right} of {len(samples)} right, {seconds:.1f} s in all")
    note('Ask your own: sensorium ask FILE "question"')


def _shown(sample: "BundledSample", answer: "Answer") -> str:
    verdict = "right" if sample.is_right(answer.text) else f"wrong, it is: {sample.answer}"
    chance = "" if answer.confidence is None else f"{100 * answer.confidence:.0f} % sure, "
    lines = [
        f"    question  {sample.question}",
        f"    answer    {answer.text}   ({chance}{answer.timings.total:.2f} s, {verdict})",
    ]
    return "\n".join(lines + [f"    note      {line}" for line in notes(answer, "en")])
