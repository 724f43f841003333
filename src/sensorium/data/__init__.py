"""Records to training samples: readers of real sets and the generator of synthetic media."""
