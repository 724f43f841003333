"""One folder per family: config, wiring, input spec, card; and the catalogue of names."""
