"""Knowing where it is: spiking networks that tell places from images."""
