"""LLaVA-1.5, LLaVA-Interleave and LLaVA-NeXT: a CLIP or SigLIP tower, a two-layer projector, a decoder."""
