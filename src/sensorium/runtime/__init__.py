"""The facade: `load(name)`, `ask`, `stream`, `chat`: joins model, inputs and engine."""
