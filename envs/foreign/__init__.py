"""Environments that are not ours: dm_control's suite, layouts of Gymnasium's own."""
