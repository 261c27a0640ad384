"""Local rules of plasticity: a file each, as pure functions of what a synapse knows."""
