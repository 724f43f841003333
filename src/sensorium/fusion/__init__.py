"""Feature rows to the language model: connectors, and how rows of several modalities meet."""
