"""Memories: a file each, as pure functions of a state."""
