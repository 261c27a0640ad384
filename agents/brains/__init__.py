"""Composed agents: a file each, that says which circuits there are and how they are joined."""
