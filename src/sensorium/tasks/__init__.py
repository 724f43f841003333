"""Typed jobs on top of a model."""
