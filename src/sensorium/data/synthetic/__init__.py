"""Media made by us, with exact truth: scenes, lines of text, charts, tones, moving shapes, pairs for speech."""
