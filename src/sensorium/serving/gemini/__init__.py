"""The protocol of Gemini: generated content, token counts, embeddings and models."""
