"""The shared embedding space: what lies in it, how well it is aligned, and finding things in it."""
