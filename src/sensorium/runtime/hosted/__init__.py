"""Models that a server runs: the same `Model` over the chat completions of OpenAI, as vLLM and SGLang serve them."""
