"""How well the modalities of a space lie together, measured on held-out material."""
