"""Causal decoders: embeddings in, hidden states and logits out."""
