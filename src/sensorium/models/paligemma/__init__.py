"""PaliGemma 1 and 2: a SigLIP tower, one matrix, a Gemma decoder that reads its prompt in both directions."""
