"""What the special tokens of a Whisper checkpoint are, from generation_config.json.

Their order is that of the original tokenizer: text, end, start, languages, translate, transcribe, start of a language
model, what was before, no speech, no timestamps, then a timestamp every 20 ms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from sensorium.core.errors import CheckpointError, UsageError
from sensorium.core.names import did_you_mean
from sensorium.models.whisper.config import WhisperConfig
from sensorium.models.whisper.languages import LANGUAGES, OTHER_NAMES

Task = Literal["transcribe", "translate"]

TICK = 0.02
"""Seconds from one timestamp to the next, and from one row of the encoder to the next."""


@dataclass(frozen=True)
class SpecialTokens:
    """Ids, and what is asked of them.

    languages: code to id, none in a model of English alone. suppressed: never said; `suppressed_first`: not at once.
    first_limit: the last timestamp, in ticks, that an answer may begin with; None for any.
    alignment_heads: (layer, head) whose looks tell when a word was said.
    """

    start: int
    end: int
    no_timestamps: int
    previous: int
    no_speech: int
    tasks: Mapping[str, int]
    languages: Mapping[str, int]
    suppressed: tuple[int, ...]
    suppressed_first: tuple[int, ...]
    first_limit: int | None
    alignment_heads: tuple[tuple[int, int], ...]

    @property
    def first_timestamp(self) -> int:
        """The id of 0 s; later ones follow."""
        return self.no_timestamps + 1

    def prompt(self, language: str, task: Task, *, timestamps: bool = True) -> list[int]:
        """Ids that an answer follows on."""
        ids = [self.start]
        if self.languages:
            ids += [self.languages[language], self.tasks[task]]
        return ids if timestamps else [*ids, self.no_timestamps]

    def text(self, ids: Sequence[int]) -> list[int]:
        """Those of the ids that are text."""
        return [id_ for id_ in ids if id_ < self.end]

    def language(self, name: str) -> str:
        """The code of a language that is given by code or English name.

        Raises: UsageError for one that the model does not know, with those that it does.
        """
        plain = name.strip().lower()
        names = {english.lower(): code for code, english in LANGUAGES.items()} | OTHER_NAMES
        code = names.get(plain, plain)
        known = tuple(self.languages) or ("en",)
        if code not in known:
            raise UsageError(
                f"This model has no language '{name}'; it has: {', '.join(known)}."
                f"{did_you_mean(plain, (*known, *names))} Give one of these, or none to have it found out."
            )
        return code

    def check_task(self, task: str) -> Task:
        """Raises: UsageError for a task that there is not, or not in this model."""
        if task not in get_args(Task):
            raise UsageError(f"Got the task '{task}'; expected one of {', '.join(get_args(Task))}. Give one of these.")
        if self.languages and task in self.tasks:
            return cast("Task", task)
        if task != "transcribe":
            raise UsageError("This model writes English and cannot translate. Take one of several languages.")
        return "transcribe"


def read_tokens(
    generation: Mapping[str, object], config: WhisperConfig, *, older: Mapping[str, object], where: str
) -> SpecialTokens:
    """The special tokens of a checkpoint.

    Args:
        generation: of generation_config.json.
        config: sizes of the network.
        older: of config.json, which had some of these keys before.
        where: begins every message.

    Raises: CheckpointError for ids that are missing or none, or lie outside the vocabulary.
    """
    found = _Found(generation, older, config.vocab_size, where)
    bare = found.id("no_timestamps_token_id")
    many = generation.get("is_multilingual", True) is not False and generation.get("lang_to_id") is not None
    languages = {token.strip("<|>"): id_ for token, id_ in found.table("lang_to_id").items()} if many else {}
    tasks = found.table("task_to_id") if many else {}
    start, end = found.id("decoder_start_token_id"), found.id("eos_token_id")
    previous = generation.get("prev_sot_token_id")
    commands = {start, *tasks.values(), *range(bare - 5, bare)}
    limit = generation.get("max_initial_timestamp_index", 50)
    return SpecialTokens(
        start=start,
        end=end,
        no_timestamps=bare,
        previous=previous if isinstance(previous, int) else bare - 2,
        no_speech=bare - 1,
        tasks=tasks,
        languages=languages,
        suppressed=tuple(sorted({*found.ids("suppress_tokens"), *commands})),
        suppressed_first=tuple(sorted({*found.ids("begin_suppress_tokens"), end})),
        first_limit=limit if isinstance(limit, int) else None,
        alignment_heads=_alignment_heads(generation.get("alignment_heads"), config, where),
    )


def write_generation(tokens: SpecialTokens) -> dict[str, object]:
    """The generation_config.json from which the reference and we read the same tokens."""
    table: dict[str, object] = {
        "alignment_heads": [list(each) for each in tokens.alignment_heads],
        "begin_suppress_tokens": list(tokens.suppressed_first),
        "decoder_start_token_id": tokens.start,
        "eos_token_id": tokens.end,
        "pad_token_id": tokens.end,
        "bos_token_id": tokens.end,
        "is_multilingual": bool(tokens.languages),
        "max_initial_timestamp_index": tokens.first_limit,
        "no_timestamps_token_id": tokens.no_timestamps,
        "prev_sot_token_id": tokens.previous,
        "return_timestamps": False,
        "suppress_tokens": list(tokens.suppressed),
    }
    if tokens.languages:
        table["lang_to_id"] = {f"<|{code}|>": id_ for code, id_ in tokens.languages.items()}
        table["task_to_id"] = dict(tokens.tasks)
    return table


@dataclass(frozen=True)
class _Found:
    """Looks ids up, and sees that they are some."""

    generation: Mapping[str, object]
    older: Mapping[str, object]
    vocabulary: int
    where: str

    def id(self, key: str) -> int:
        value = self._value(key)
        first = value[0] if isinstance(value, list) and value else value
        return self._checked(key, [first])[0]

    def ids(self, key: str) -> list[int]:
        value = self._value(key)
        return self._checked(key, value if isinstance(value, list) else []) if value is not None else []

    def table(self, key: str) -> dict[str, int]:
        value = self.generation.get(key)
        if not isinstance(value, Mapping) or not value:
            raise self._fault(key, value, "a table of ids")
        return dict(zip(map(str, value), self._checked(key, list(value.values())), strict=True))

    def _value(self, key: str) -> object:
        value = self.generation.get(key)
        return self.older.get(key) if value is None else value

    def _checked(self, key: str, ids: list[object]) -> list[int]:
        for id_ in ids:
            if not isinstance(id_, int) or isinstance(id_, bool) or not 0 <= id_ < self.vocabulary:
                raise self._fault(key, id_, f"ids below {self.vocabulary}")
        return cast("list[int]", ids)

    def _fault(self, key: str, value: object, expected: str) -> CheckpointError:
        return CheckpointError(
            f"{self.where}: {key} is {value!r}; expected {expected}. Fetch the generation_config.json of this model."
        )


def _alignment_heads(given: object, config: WhisperConfig, where: str) -> tuple[tuple[int, int], ...]:
    """As given; otherwise all heads of the later half, as the original does without."""
    if given is None:
        layers, heads = config.decoder_layers, config.decoder_attention_heads
        return tuple((layer, head) for layer in range(layers // 2, layers) for head in range(heads))
    pairs = given if isinstance(given, list) else []
    limits = (config.decoder_layers, config.decoder_attention_heads)
    found = []
    for pair in pairs:
        match pair:
            case [int(layer), int(head)] if 0 <= layer < limits[0] and 0 <= head < limits[1]:
                found.append((layer, head))
            case _:
                found.clear()
                break
    if not found:
        raise CheckpointError(
            f"{where}: alignment_heads is {given!r}; expected pairs of layer (below {limits[0]}) and head (below "
            f"{limits[1]}). Fetch the generation_config.json of this model."
        )
    return tuple(found)
