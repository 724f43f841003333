"""Media and words that belong together, for a space that both lie in."""
