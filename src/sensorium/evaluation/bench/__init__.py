"""How fast a model is on this machine, beside what the machine allows; every limit is measured on the spot."""
