"""Messages to inputs by a checkpoint's own chat template: the assembler of all open checkpoints.

    messages ── template ── text with a mark for each medium ── the mark becomes what the family writes for that medium
             ── tokenizer ── ids

A family gives `prepare`: from a medium its features and the text that stands for it, placeholders included.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.jinja import ChatTemplate
from sensorium.chat.message import Message
from sensorium.core.errors import CheckpointError, SpanMismatch
from sensorium.inputs.batching import Item, Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs, RowModality
from sensorium.inputs.refusals import check_length
from sensorium.media.types import Media


@dataclass(frozen=True, eq=False)
class Prepared:
    """A medium: features, and the text that stands for it among the words, its rows' placeholders included."""

    item: Item
    text: str


@dataclass(frozen=True, eq=False)
class TemplatedAssembler:
    """Satisfies `models.answerer.Assembles`.

    template: makes the text; of messages with films `film_template`, where there is one.
    marks: what the templates write for a medium of each modality.
    prepare: raises UnsupportedMedia for what the family does not take.
    rows: the id that stands for one row of each modality. pad: the id of padding. vocabulary: ids that are embedded.
    max_tokens: of a whole talk.
    framed: what the tokenizer puts around a text (a BOS) is added, the way of the reference's processors; its
        tokenizers leave that to the template.
    """

    template: ChatTemplate
    tokenizer: HubTokenizer
    marks: Mapping[str, str]
    prepare: Callable[[Media], Prepared]
    rows: Mapping[RowModality, int]
    pad: int
    vocabulary: int
    max_tokens: int
    film_template: ChatTemplate | None = None
    framed: bool = True

    def talk(self, messages: Sequence[Message], *, ask: bool) -> Talk:
        """Ids and features of one talk; `ask` ends it with the invitation to answer.

        Raises: UnsupportedMedia for a medium that the model cannot take; LimitExceeded for a talk that is too long;
        SpanMismatch when the template does not show a medium as often as it stands in the messages; CheckpointError
        for an id that the model does not embed.
        """
        media = [medium for message in messages for medium in message.media]
        prepared = [self.prepare(medium) for medium in media]
        films = any(medium.modality == "video" for medium in media)
        template = self.film_template if films and self.film_template else self.template
        prompt = template.render(
            messages,
            ask=ask,
            control=(*self.tokenizer.control, *self.marks.values()),
            variables=self.tokenizer.variables,
            stand_ins=self.marks,
        )
        for modality, mark in self.marks.items():
            texts = [each.text for each, medium in zip(prepared, media, strict=True) if medium.modality == modality]
            prompt = prompt.expand(mark, texts)
        ids = self.tokenizer.encode(prompt, framed=self.framed)
        items = [each.item for each in prepared]
        self._check(ids, items)
        return Talk(ids, items, [])

    def batch(self, talks: Sequence[Talk], *, left: bool = False) -> ModelInputs:
        """Pad talks to one length, on the left for generation."""
        return batch_talks(talks, pad=self.pad, placeholders=self.rows, left=left)

    def _check(self, ids: Sequence[int], items: Sequence[Item]) -> None:
        check_length(ids, self.max_tokens)
        if max(ids, default=0) >= self.vocabulary:
            raise CheckpointError(
                f"talk: the tokenizer gives id {max(ids)}; expected ids below {self.vocabulary}, as config.json says. "
                "Use the files of one model together."
            )
        for modality, placeholder in self.rows.items():
            wanted = sum(item.rows for item in items if item.modality == modality)
            if ids.count(placeholder) != wanted:
                raise SpanMismatch(
                    f"{modality}: the chat template leaves {ids.count(placeholder)} places for {wanted} rows. Expected "
                    "every medium once. The checkpoint's template does not suit its tokenizer; fetch the model again."
                )
