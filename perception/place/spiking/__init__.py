"""Spiking layers and rules of the recognisers."""
