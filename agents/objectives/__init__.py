"""Auxiliary objectives: a file each, with `loss(...) -> named terms` of latents of consecutive observations."""
