"""Bodies, worlds, tasks and sensors; the batched MuJoCo engine; Gymnasium registration.

Importing this package (or `registry`, `options`, `channel`, `gl`) does not import mujoco.
"""
