"""How the backbone's features lie: for every kept block the means of its channels, then, where kept, their spread."""

TAPS = (0, 2, 4, 7, 10, 14, 15)
"""Blocks whose outputs are kept: the last of every stage."""
WITH_SPREAD = (0, 2, 4, 7, 10)
CUT = 11
"""The first block that may be tuned; those before it are the trunk."""
EARLY = 544
"""Features of the trunk's blocks; they come first."""
