"""Idefics3, SmolVLM and SmolVLM2: a SigLIP-like tower, pixel shuffle, a Llama-like decoder; pictures in tiles."""
