"""The protocol of OpenAI: chat completions, responses, embeddings, transcriptions and models."""
