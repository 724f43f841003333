"""Llama 3.2 Vision (Mllama): a tower over tiles, and a Llama whose text looks at them in layers of their own."""
