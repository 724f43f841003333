"""Readers of real sets: one file and one `Domain` each."""
