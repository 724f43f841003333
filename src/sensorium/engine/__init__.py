"""Ids and caches to tokens, for one batch or for many requests at once. Knows no messages, media files or protocols."""
