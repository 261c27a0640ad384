"""Learners: a file each."""
