"""TimeSformer: films by attention over time and over space in turn."""
