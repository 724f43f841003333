"""HTTP in front of models: a wall, a desk, and one translation per protocol."""
