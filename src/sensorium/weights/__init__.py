"""Weights on disk: safetensors, strict loading, checksums. Knows no model."""
