"""Sweeps: many runs of one recipe, spread over processes or over a Ray cluster, and what they say together."""
