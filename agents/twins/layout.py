"""How the kernels lay trials out: 64 to a row, a row for each number of a body."""

LANES = 64
"""Trials that a kernel takes at a time."""
ANGLE, RATE, ACTIVATION, FORCE, SINES, ROWS = 0, 2, 4, 10, 16, 20
"""First rows of the joint angles, their rates, activations, muscle forces, and sine and cosine of either angle."""
FELT = 14
"""Rows that are felt: six fibre lengths, six velocities, the hand."""
