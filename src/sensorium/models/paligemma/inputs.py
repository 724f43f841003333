"""How PaliGemma is asked: `<image>` once for each row of the pictures, `<bos>`, one line of words, the line's end.

The model knows no talk and no roles: what it was trained on are single lines such as "caption en", "answer en where is
the cat?" and "detect cat ; dog", each followed by its answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.chat.hub_tokenizer import HubTokenizer, Prompt
from sensorium.chat.message import Message
from sensorium.core.errors import InputError
from sensorium.inputs.batching import Item, Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.inputs.pictures import PictureSpec, prepare
from sensorium.inputs.refusals import as_picture, check_length
from sensorium.inputs.templated import Prepared
from sensorium.media.types import Media

ROW, BEGIN, END = "<image>", "<bos>", "\n"

_LINE_END = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class Preparer:
    """Pictures to one view, and to as many placeholders as it gives rows."""

    spec: PictureSpec
    rows: int

    def __call__(self, medium: Media) -> Prepared:
        """Raises: UnsupportedMedia for what is no picture."""
        image = as_picture(medium)
        view = prepare(image.pixels, self.spec, source=image.source)
        item = Item("image", view[None], self.rows, size=(image.pixels.shape[0], image.pixels.shape[1]))
        return Prepared(item, ROW * self.rows)


@dataclass(frozen=True, eq=False)
class LineAssembler:
    """Satisfies `models.answerer.Assembles`.

    prepare: raises UnsupportedMedia for what is no picture.
    row, end, pad: the ids of a row, of the line's end and of padding. max_tokens: of prompt and answer.
    """

    tokenizer: HubTokenizer
    prepare: Callable[[Media], Prepared]
    row: int
    end: int
    pad: int
    max_tokens: int

    def talk(self, messages: Sequence[Message], *, ask: bool) -> Talk:
        """Ids and features of one question; `ask` closes its line. Pictures come first, wherever they stood.

        Line breaks within the words become spaces, since the first one would end the prompt.

        Raises: InputError for anything but one message of the user; UnsupportedMedia for what is no picture;
        LimitExceeded for a question that is too long.
        """
        question = _only(messages)
        prepared = [self.prepare(medium) for medium in question.media]
        start = "".join(each.text for each in prepared) + self.tokenizer.variables.get("bos_token", BEGIN)
        words = _LINE_END.sub(" ", question.text.strip())
        ids = self.tokenizer.encode(Prompt(start + words, ((0, len(start)),)))
        ids += [self.end] * ask
        check_length(ids, self.max_tokens)
        return Talk(ids, [each.item for each in prepared], [])

    def batch(self, talks: Sequence[Talk], *, left: bool = False) -> ModelInputs:
        """Pad talks to one length, on the left for generation."""
        return batch_talks(talks, pad=self.pad, placeholders={"image": self.row}, left=left)


def _only(messages: Sequence[Message]) -> Message:
    """The one message there is. Raises: InputError for a talk, and for instructions of the system."""
    if len(messages) == 1 and messages[0].role == "user":
        return messages[0]
    roles = ", ".join(message.role for message in messages) or "none"
    raise InputError(
        f"talk: got messages of {roles}; expected one of the user, since this model answers single questions and knows "
        "no talk. Ask each question in a new talk, with its pictures."
    )
