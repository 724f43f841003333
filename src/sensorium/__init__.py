"""Sensorium: a complete multimodal LLM system. See `sensorium.load`."""

__version__ = "0.1.0"
