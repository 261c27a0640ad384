"""Senses that run beside the bodies: a file each."""
