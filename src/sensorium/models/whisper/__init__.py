"""Whisper: speech to text, or to English text, with times and guards against text that nobody said."""
