"""Networks that say what they are told, so that the rules around them can be seen at work."""

from collections.abc import Callable, Sequence

import torch
from tests.models.whisper.reference import GENERATION, SIZES, tokenizer_json
from torch import Tensor

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.inputs.mel import MelSpec
from sensorium.models.whisper.config import WhisperConfig
from sensorium.models.whisper.model import Heard
from sensorium.models.whisper.tokens import SpecialTokens, read_tokens
from sensorium.models.whisper.transcribe import Whisper
from sensorium.nn.cache import KVCache, LayerCache

CONFIG = WhisperConfig(**{name: value for name, value in SIZES.items() if not name.endswith("token_id")})
TOKENS: SpecialTokens = read_tokens(GENERATION, CONFIG, older={}, where="test")
VOCABULARY = CONFIG.vocab_size

Says = Callable[[int, list[int]], Tensor]
"""Number of the window and all ids so far to the scores of the next token [V]."""


def at(seconds: float) -> int:
    """The id of a timestamp."""
    return TOKENS.first_timestamp + round(seconds / 0.02)


def tokenizer() -> HubTokenizer:
    import tokenizers

    return HubTokenizer(tokenizers.Tokenizer.from_str(tokenizer_json()))


def sure(id_: int, *, by: float = 20.0) -> Tensor:
    """Scores of a network that is sure of one token."""
    scores = torch.zeros(VOCABULARY)
    scores[id_] = by
    return scores


class FakeNetwork:
    """Scores as `says` tells; remembers prompts. Its one layer has one head of width 1, whose cache holds the ids."""

    def __init__(self, says: Says, context: int = 64) -> None:
        self.context = context
        self.prompts: list[list[int]] = []
        self.mels: list[Tensor] = []
        self._says = says

    def hear(self, mel: Tensor) -> Heard:
        self.mels.append(mel)
        empty = torch.full((1, 1, 1, 1), float(len(self.mels) - 1))
        return ((empty, empty),)

    def new_cache(self, batch: int) -> KVCache:
        self.prompts.append([])
        return KVCache([LayerCache(torch.zeros(batch, 1, self.context, 1), torch.zeros(batch, 1, self.context, 1))])

    def __call__(
        self, ids: Tensor, heard: Heard, *, cache: KVCache | None = None, looks: dict[int, list[Tensor]] | None = None
    ) -> Tensor:
        """Hidden states that are the scores themselves."""
        before: list[int] = []
        if cache is not None:
            rows = ids.view(1, 1, -1, 1).float()
            before = cache.layers[0].append(rows, rows)[0].flatten().long().tolist()[: -ids.shape[1]]
            if not before:
                self.prompts[-1] = ids[0].tolist()
        window, said = int(heard[0][0]), ids[0].tolist()
        for places in (looks or {}).values():
            places.append(self.looks(len(said)))
        return torch.stack([self._says(window, [*before, *said[: i + 1]]) for i in range(len(said))]).unsqueeze(0)

    def logits(self, hidden: Tensor) -> Tensor:
        return hidden

    def looks(self, tokens: int) -> Tensor:
        """Every token looks at the next tenth of a second. Returns: [1, H, T, S]."""
        scores = torch.zeros(1, 2, tokens, 50)
        for token in range(tokens):
            scores[:, :, token, 5 * token : 5 * token + 5] = 10.0
        return scores


def scripted(*windows: Sequence[int]) -> Says:
    """Says one text per window, then ends; never is there a chance of no speech."""

    def says(window: int, ids: list[int]) -> Tensor:
        place = ids[::-1].index(TOKENS.start) - 2 if TOKENS.start in ids else -1  # behind start, language and task
        script = windows[window] if window < len(windows) else ()
        return sure(script[place] if 0 <= place < len(script) else TOKENS.end)

    return says


def listening(says: Says, *, context: int = 64) -> tuple[Whisper, FakeNetwork]:
    """A model of a fake network, whose windows are one second."""
    network = FakeNetwork(says, context)
    return Whisper(network, tokenizer(), TOKENS, MelSpec(frames=100), 3), network
