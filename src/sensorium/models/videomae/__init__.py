"""VideoMAE: tubelets of all frames see each other."""
