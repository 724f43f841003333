"""CLIP: pictures and texts in one space, and its two towers alone."""
