"""Users' own data: the usual formats read as they are, one `Record` per sample, media named and not yet read."""
