"""The protocol of Anthropic: messages, token counts and models."""
