"""Constants of MotorNet's Hill muscle, which `arm26.py` and its kernel share (Kistemaker, Wong and Gribble 2010)."""

RISE_S, FALL_S, LEAST = 0.015, 0.05, 0.001
"""Time constants of the activation, and its least value."""
WIDTH_2, CURVATURE, CRITICAL = 0.66**2, 0.001, 0.3
"""Squared width of the force-length curve, curvature of the force-velocity curve when a muscle is stretched, and the
activation below which it contracts more slowly."""
A_REL, B_REL = 0.41, 5.2
"""Of the force-velocity curve when a muscle shortens."""
SLOWING = 0.9 / (5e-3 - CRITICAL)
"""By which the root of `B_REL` falls with the activation below `CRITICAL`."""
