"""Models of families that we do not have, run by the package `transformers`: its processor, its template, its network.

    folder ── AutoProcessor ─────────── messages ── chat template ── inputs ─┐
           └─ AutoModelForMultimodalLM ──────────────────────────────────────┴─ generate ── tokens ── answer

Only a folder is read, never the network; only safetensors, never a pickle, never code. The package is looked for when
such a folder is met. Who answers is said in every answer, and once in every talk as a notice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any, Unpack

from sensorium.chat.message import Answer, Message, Part, Text, Timings, Usage, assistant, user
from sensorium.chat.tokenizer import check_text
from sensorium.core.errors import (
    CheckpointError,
    InputError,
    LimitExceeded,
    MissingPackage,
    UnsupportedMedia,
    UsageError,
)
from sensorium.core.packages import require
from sensorium.engine.generate import TokenEvent
from sensorium.engine.stopping import Words
from sensorium.inputs.refusals import not_taken
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import SAMPLE_RATE, AudioClip, Image, Media
from sensorium.models.catalog import FAMILIES, model_type, no_reader
from sensorium.runtime.answering import NO_ROOM
from sensorium.runtime.asking import Asking, read_options
from sensorium.runtime.protocol import Input, Rows, StreamEvent, check_question, no_space
from sensorium.runtime.stepping import Generator, blaming, quiet
from sensorium.weights.folder import INDEX, SINGLE, no_weights

EXTRA = "transformers"

NOTICE = (
    "{name}: no family of ours reads '{kind}', so the package transformers {version} answers. How sure it is has not "
    "been measured, so no confidence is given."
)


@dataclass(frozen=True, eq=False)
class Foreign:
    """A model of `transformers`.

    modalities: that its processor takes. control: spellings that the package would not take for text.
    notice: says who answers. stops: ids that end an answer.
    max_tokens: of a whole talk, None where the config does not say.
    """

    name: str
    generator: Generator
    processor: Any
    modalities: tuple[str, ...]
    control: tuple[str, ...]
    notice: str
    stops: frozenset[int]
    max_tokens: int | None

    def decode(self, ids: list[int]) -> str:
        """Text of ids; special tokens give nothing."""
        return str(self.processor.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def inputs(self, messages: Sequence[Message]) -> Any:
        """What the network takes, of one talk that ends with the invitation to answer.

        Raises: UnsupportedMedia for a medium that the processor does not take, or the template has no place for;
        UnreadableMedia for text that is not Unicode; InputError for one that spells a special token; EngineError when
        the template or the processor fails.
        """
        talk = [{"role": each.role, "content": [self._entry(part) for part in each.parts]} for each in messages]
        words = [{"role": each.role, "content": [{"type": "text", "text": each.text}]} for each in messages]
        media = [medium for message in messages for medium in message.media]
        with blaming(self.name):
            template, asked = self.processor.apply_chat_template, {"add_generation_prompt": True}
            if media and template(talk, **asked) == template(words, **asked):
                raise UnsupportedMedia(
                    f"{media[0].source}: the chat template of this model has no place for a medium of type "
                    f"{media[0].modality}. Say it in words, or choose another model (sensorium models)."
                )
            return template(talk, **asked, tokenize=True, return_dict=True, return_tensors="pt")

    def _entry(self, part: Part) -> dict[str, Any]:
        if isinstance(part, Text):
            check_text(part.text)
            if found := next((token for token in self.control if token in part.text), None):
                raise InputError(
                    f"text: holds {found!r}, which this model takes for a mark of its own; expected words. Write it in "
                    "another way, or begin a new talk."
                )
            return {"type": "text", "text": part.text}
        if isinstance(part, Image) and part.modality in self.modalities:
            from PIL import Image as Pillow

            return {"type": "image", "image": Pillow.fromarray(part.pixels)}
        if isinstance(part, AudioClip) and part.modality in self.modalities:
            return {"type": "audio", "audio": part.samples}
        raise not_taken(part, *self.modalities)


class FallbackModel:
    """Satisfies `runtime.protocol.Model`."""

    def __init__(self, model: Foreign, *, limits: Limits | None = None) -> None:
        self._model = model
        self._limits = limits or Limits()

    @property
    def name(self) -> str:
        """The folder or id that was given, and who answers for it."""
        return self._model.name

    def __repr__(self) -> str:
        return f"FallbackModel({self.name!r})"

    def ask(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """Answer a question about files, shown in their order; arguments as `LocalModel.ask`, without PDFs and forms.

        Raises: InputError for a file that cannot be taken, UsageError for a wrong option, ModelError for a failure.
        """
        return self.chat().send(question, *files, **options)

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """The same, piece by piece; the last event carries the whole `Answer`."""
        return self.chat().stream(question, *files, **options)

    def chat(self) -> "FallbackChat":
        """A new talk."""
        return FallbackChat(self._model, self._limits)

    def embed(self, *files: Input) -> Rows:
        """Raises: UsageError, for it only answers."""
        raise no_space(self.name)

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """Raises: UsageError, for it only answers."""
        raise no_space(self.name)


class FallbackChat:
    """A talk. Each turn takes the whole of it again: no cache outlives an answer.

    A turn that fails or is abandoned leaves the talk as it was before.
    """

    def __init__(self, model: Foreign, limits: Limits) -> None:
        self._model = model
        self._limits = limits
        self._messages: list[Message] = []

    def send(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """The next answer; arguments and errors as `FallbackModel.ask`."""
        answers = [event.answer for event in self.stream(question, *files, **options) if event.answer is not None]
        return answers[-1]

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """The next answer, piece by piece; the last event carries the whole `Answer`."""
        began, model = perf_counter(), self._model
        check_question(question)
        asked = read_options(options)
        if asked.form is not None:
            raise UsageError(f"form: {model.name} cannot be held to one. Ask without, or take a model of ours.")
        sampling = asked.sampling
        media = [self._read(file) for file in files]
        messages = [*self._messages, user(*media, question)]
        inputs = model.inputs(messages)
        length = inputs["input_ids"].shape[1]
        if model.max_tokens is not None and length >= model.max_tokens:
            raise LimitExceeded(NO_ROOM.format(length=length, limit=model.max_tokens))
        most = min(sampling.max_tokens, (model.max_tokens or length + sampling.max_tokens) - length)
        sampling = replace(sampling, max_tokens=most)
        pieces, events = Words(model, asked.stops), list[TokenEvent]()
        text, first_token = "", 0.0
        for event in model.generator.events(inputs, sampling):
            first_token = first_token or perf_counter() - began
            events.append(event)
            piece = pieces.push(event.id)
            text += piece
            if piece:
                yield StreamEvent(piece)
            if pieces.stopped:
                break
        if rest := pieces.finish():
            text += rest
            yield StreamEvent(rest)
        ended = pieces.stopped or events[-1].id in model.stops
        cut = len(events) == sampling.max_tokens and not ended
        notices = [notice for medium in media for notice in medium.notices]
        answer = Answer(
            role="assistant",
            parts=(Text(text),),
            model=model.name,
            finish_reason="length" if cut else "stop",
            usage=Usage(prompt_tokens=length, completion_tokens=len(events)),
            timings=Timings(first_token=first_token, total=perf_counter() - began),
            notices=tuple(notices if self._messages else [model.notice, *notices]),
        )
        self._messages = [*messages, assistant(text)]
        yield StreamEvent("", answer)

    def _read(self, file: Input) -> Media:
        if isinstance(file, Media):
            return file
        return load_media(file, limits=self._limits)


def load_fallback(folder: Path, *, name: str) -> FallbackModel:
    """Read a folder of a family that we do not have.

    Raises: MissingPackage when `transformers` is not there, is too old, or lacks a package that this model needs;
    CheckpointError when it knows no such model that answers about media, or the folder is incomplete or damaged.
    """
    kind = model_type(folder)
    if not isinstance(kind, str):
        raise no_reader(folder, FAMILIES)
    package = _package(folder, kind)
    _check(folder, kind, package)
    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with quiet(package), blaming(str(folder), CheckpointError):
        processor = package.AutoProcessor.from_pretrained(folder, **local)
        model = package.AutoModelForMultimodalLM.from_pretrained(folder, use_safetensors=True, dtype="auto", **local)
    if getattr(processor, "tokenizer", None) is None or not getattr(processor, "chat_template", None):
        raise CheckpointError(
            f"{folder}: has no chat template, or no processor for text and media together; expected both. This model "
            "may be no chat model: choose another one (sensorium models)."
        )
    ends = model.generation_config.eos_token_id
    return FallbackModel(
        Foreign(
            name=f"{name} (transformers)",
            generator=Generator(model.eval(), package, name=name),
            processor=processor,
            modalities=("text", *_modalities(processor)),
            control=tuple(_control(processor)),
            notice=NOTICE.format(name=name, kind=kind, version=package.__version__),
            stops=frozenset(ends if isinstance(ends, list) else [] if ends is None else [ends]),
            max_tokens=getattr(model.config.get_text_config(), "max_position_embeddings", None),
        )
    )


def _package(folder: Path, kind: str) -> ModuleType:
    """The package, of a version that has one class for all that answers."""
    try:
        package = require("transformers", EXTRA)
    except MissingPackage as error:
        raise MissingPackage(f"{folder}: no family of ours reads '{kind}'; transformers may. {error}") from error
    if not hasattr(package, "AutoModelForMultimodalLM"):
        raise MissingPackage(
            f"{folder}: no family of ours reads '{kind}', and transformers {package.__version__} is too old to be "
            f"asked instead. Install a newer one: pip install --upgrade 'sensorium[{EXTRA}]'"
        )
    return package


def _check(folder: Path, kind: str, package: ModuleType) -> None:
    """Refuse what the package would not read, or would read from elsewhere. Raises: CheckpointError."""
    if kind not in package.models.auto.modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES:
        raise CheckpointError(
            f"{no_reader(folder, FAMILIES)} Nor does transformers {package.__version__} know it as a model that "
            "answers about pictures or sounds."
        )
    if not any((folder / each).is_file() for each in (SINGLE, INDEX)):
        raise no_weights(str(folder), (path.name for path in folder.iterdir()))
    if (folder / "adapter_config.json").is_file():
        raise CheckpointError(
            f"{folder}: has an adapter_config.json, which names another model to be read; expected a whole model. "
            "Merge the adapter into its model first."
        )


def _modalities(processor: Any) -> Iterator[str]:
    """Which media a processor takes, of those that we can hand over as they are."""
    if getattr(processor, "image_processor", None) is not None:
        yield "image"
    ears = getattr(processor, "feature_extractor", None)
    if getattr(ears, "sampling_rate", None) == SAMPLE_RATE:
        yield "audio"


def _control(processor: Any) -> Iterator[str]:
    """Special tokens of the tokenizer, and marks of media, which need not be special."""
    marks = {value for key, value in vars(processor).items() if key.endswith("_token") and isinstance(value, str)}
    special = {token.content for token in processor.tokenizer.added_tokens_decoder.values() if token.special}
    yield from sorted(each for each in marks | special if each.strip())
