"""Nervous systems: a file or a folder each."""
