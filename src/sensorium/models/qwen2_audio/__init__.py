"""Qwen2-Audio: Whisper's encoder listens, one layer brings its rows to the width of a Qwen2 decoder."""
