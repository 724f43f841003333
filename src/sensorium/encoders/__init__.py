"""Pixels, mel or frames to feature rows; every encoder sees items of one shape at a time."""
