"""Shared maths, each piece once.

Legend of shapes, used in every docstring of the package: B batch, T tokens, N media items, F frames, P patches,
S feature rows, D width, H heads, K key/value heads, E head width, C channels, M mel bins, V vocabulary, A axes.
"""
