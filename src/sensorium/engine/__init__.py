"""Ids and caches to tokens: sampling, stopping, streaming. Knows no files, prompts or protocols."""
