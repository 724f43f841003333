"""Gemma 3 with pictures: a SigLIP tower, pooled rows, a Gemma 3 decoder that sees each picture as a whole."""
