"""Recurrent cores: a file each."""
