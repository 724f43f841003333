"""llama.cpp on SmolVLM-256M's shape, for benchmarks/engine.py: its two files, pictures, and streams side by side.

Files are written by its package `gguf` from the numbers of our checkpoint. What is timed is the library itself, without
its Python wrapper: a picture is encoded, its rows and the words go into a sequence; then all sequences get a token a
step, in one batch, as its server does for its slots.
"""

import ctypes
import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import decode
import numpy as np
import open_checkpoint as shape

TEXT, EYES = "text.gguf", "eyes.gguf"
WORDS = 40
"""Tokens of the question; the picture has 64."""
ROOM = 256
"""Tokens of a sequence."""

EYE_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_out",
    "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
    "layer_norm1": "ln1",
    "layer_norm2": "ln2",
    "embeddings.patch_embedding": "v.patch_embd",
    "embeddings.position_embedding": "v.position_embd",
    "post_layernorm": "v.post_ln",
}


def write(folder: Path, checkpoint: Path) -> None:
    """Both files. Args: checkpoint: ours, as open_checkpoint.py writes it."""
    from safetensors.torch import load_file

    found = {name: each.float().numpy() for name, each in load_file(checkpoint / "model.safetensors").items()}
    text = {name.replace("text_model.", ""): each for name, each in found.items() if "text_model." in name}
    decode.write_gguf(folder / TEXT, text, "F16", lambda out: vocabulary(out, checkpoint))
    write_eyes(folder / EYES, found)


def vocabulary(out: Any, checkpoint: Path) -> None:
    """The words of the checkpoint, and as many that nobody says as are missing."""
    import gguf

    told = json.loads((checkpoint / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    words = sorted(told["vocab"], key=told["vocab"].get)
    special = {*shape.SPECIAL, "<global-img>"}
    types = [gguf.TokenType.CONTROL if word in special else gguf.TokenType.NORMAL for word in words]
    missing = shape.CONFIG["text_config"]["vocab_size"] - len(words)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("smollm")
    out.add_token_list([*words, *(f"<unused{number}>" for number in range(missing))])
    out.add_token_types([*types, *[gguf.TokenType.UNUSED] * missing])
    out.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in told["merges"]])


def write_eyes(path: Path, weights: dict[str, Any]) -> None:
    """The vision tower and the connector, matrices in F16."""
    import gguf

    config, sizes = shape.CONFIG["vision_config"], shape.CONFIG
    out = gguf.GGUFWriter(path, "clip")
    out.add_type("mmproj")
    out.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    out.add_clip_has_vision_encoder(True)
    out.add_clip_projector_type("idefics3")
    out.add_vision_image_size(config["image_size"])
    out.add_vision_preproc_image_size(config["image_size"])
    out.add_vision_patch_size(config["patch_size"])
    out.add_vision_embedding_length(config["hidden_size"])
    out.add_vision_feed_forward_length(config["intermediate_size"])
    out.add_vision_block_count(config["num_hidden_layers"])
    out.add_vision_head_count(config["num_attention_heads"])
    out.add_vision_projection_dim(sizes["text_config"]["hidden_size"])
    out.add_vision_projector_scale_factor(sizes["scale_factor"])
    out.add_vision_attention_layernorm_eps(1e-6)
    out.add_vision_image_mean([0.5] * 3)
    out.add_vision_image_std([0.5] * 3)
    out.add_vision_use_gelu(True)
    for name, numbers in weights.items():
        target = eye_name(name)
        if target is not None:
            half = numbers.ndim > 1 and "position" not in name
            out.add_tensor(target, numbers.astype(np.float16 if half else np.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def eye_name(name: str) -> str | None:
    """What llama.cpp calls a tensor of Idefics3's vision tower or connector; None for another."""
    own, _, kind = name.rpartition(".")
    if own == "model.connector.modality_projection.proj":
        return f"mm.model.fc.{kind}"
    if not own.startswith("model.vision_model."):
        return None
    own = own.removeprefix("model.vision_model.")
    if not own.startswith("encoder.layers."):
        return f"{EYE_NAMES[own]}.{kind}"
    number, _, part = own.removeprefix("encoder.layers.").partition(".")
    return f"v.blk.{number}.{EYE_NAMES[part]}.{kind}"


class Llama:
    """A model with `count` sequences."""

    def __init__(self, folder: Path, count: int, threads: int) -> None:
        import llama_cpp
        from llama_cpp import mtmd_cpp

        self._lib, self._eyes = llama_cpp, mtmd_cpp
        self._quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(self._quiet, None)
        mtmd_cpp.mtmd_helper_log_set(self._quiet, None)
        mtmd_cpp.mtmd_log_set(self._quiet, None)
        llama_cpp.llama_backend_init()
        model = llama_cpp.llama_model_load_from_file(
            str(folder / TEXT).encode(), llama_cpp.llama_model_default_params()
        )
        options = llama_cpp.llama_context_default_params()
        options.n_ctx, options.n_seq_max, options.n_batch = count * ROOM, count, 512
        options.n_threads = options.n_threads_batch = threads
        self._context = llama_cpp.llama_init_from_model(model, options)
        eyes = mtmd_cpp.mtmd_context_params_default()
        eyes.use_gpu, eyes.print_timings, eyes.n_threads, eyes.warmup = False, False, threads, False
        self._reader = mtmd_cpp.mtmd_init_from_file(str(folder / EYES).encode(), model, eyes)
        if not (model and self._context and self._reader):
            raise SystemExit("llama.cpp did not take its files")
        self._batch = llama_cpp.llama_batch_init(512, 0, 1)

    def begin(self, sequence: int, pixels: Any) -> int:
        """A picture and a question into a sequence. Returns: tokens in it."""
        chunk = self._chunk(pixels)
        if self._eyes.mtmd_encode_chunk(self._reader, chunk):
            raise SystemExit("llama.cpp failed to encode")
        rows, behind = self._eyes.mtmd_get_output_embd(self._reader), self._lib.llama_pos(0)
        none = self._eyes.mtmd_helper_post_decode_callback(0)
        failed = self._eyes.mtmd_helper_decode_image_chunk(
            self._reader, self._context, chunk, rows, 0, sequence, 512, ctypes.byref(behind), none, None
        )
        if failed:
            raise SystemExit("llama.cpp failed to take a picture")
        at = int(behind.value)
        self._put([(token, at + token, sequence) for token in range(WORDS)])
        return at + WORDS

    def step(self, at: Sequence[int], tokens: Sequence[int]) -> list[int]:
        """A token for each sequence. Args: at: tokens in each. Returns: the likeliest next ones."""
        self._put([(token, place, sequence) for sequence, (token, place) in enumerate(zip(tokens, at, strict=True))])
        size = shape.CONFIG["text_config"]["vocab_size"]
        get = self._lib.llama_get_logits_ith
        return [int(np.ctypeslib.as_array(get(self._context, row), (size,)).argmax()) for row in range(len(tokens))]

    def forget(self) -> None:
        """Empty all sequences."""
        self._lib.llama_memory_clear(self._lib.llama_get_memory(self._context), True)

    def _chunk(self, pixels: Any) -> Any:
        """The first piece of the picture: all of it at the size of the tower, as ours sees it."""
        height, width, _ = pixels.shape
        raw = (ctypes.c_uint8 * pixels.size).from_buffer_copy(pixels.tobytes())
        bitmaps = (ctypes.c_void_p * 1)(self._eyes.mtmd_bitmap_init(width, height, raw))
        chunks, marker = self._eyes.mtmd_input_chunks_init(), self._eyes.mtmd_default_marker()
        text = self._eyes.mtmd_input_text(marker, len(marker), False, True)
        if self._eyes.mtmd_tokenize(self._reader, chunks, ctypes.byref(text), bitmaps, 1):
            raise SystemExit("llama.cpp did not take a picture")
        found = [
            self._eyes.mtmd_input_chunks_get(chunks, number)
            for number in range(self._eyes.mtmd_input_chunks_size(chunks))
        ]
        return next(each for each in found if self._eyes.mtmd_input_chunk_get_type(each) == 1)

    def _put(self, rows: Sequence[tuple[int, int, int]]) -> None:
        """Tokens, their places and sequences; scores of the last token of each sequence are kept."""
        batch, last = self._batch, {sequence: row for row, (_, _, sequence) in enumerate(rows)}
        batch.n_tokens = len(rows)
        for row, (token, place, sequence) in enumerate(rows):
            batch.token[row], batch.pos[row], batch.n_seq_id[row] = token, place, 1
            batch.seq_id[row][0], batch.logits[row] = sequence, last[sequence] == row
        if self._lib.llama_decode(self._context, batch):
            raise SystemExit("llama.cpp failed to decode")


def pictures(folder: Path, count: int, said: int, threads: int) -> dict[str, float]:
    """Seconds to a first token; tokens a second of one stream and of `count` at once, each with a picture."""
    model = Llama(folder, count, threads)
    noise = [np.random.default_rng(seed).integers(0, 256, (512, 512, 3), np.uint8) for seed in range(max(count, 4))]
    firsts: list[float] = []
    for seed in range(4):
        model.forget()
        began = perf_counter()
        model.begin(0, noise[seed])
        firsts.append(perf_counter() - began)

    def run(together: int) -> float:
        model.forget()
        began = perf_counter()
        at, tokens = [model.begin(number, noise[number]) for number in range(together)], [1] * together
        for _ in range(said):
            tokens = model.step(at, tokens)
            at = [each + 1 for each in at]
        return together * said / (perf_counter() - began)

    return {"first_s": sorted(firsts[1:])[1], "one_tokens_per_s": run(1), "many_tokens_per_s": run(count)}
