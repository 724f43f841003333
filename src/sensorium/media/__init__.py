"""Bytes to media and back, with limits applied while reading. No torch."""
