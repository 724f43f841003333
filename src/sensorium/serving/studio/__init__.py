"""The studio: a page for people at `/`, and what it keeps for them."""
