"""The paper's agent on mazes, exactly and fast: one seed is a few seconds of one core.

`train` (in `trainer`) is what to call; the kernels need numba (`pip install 'innervate[predictive]'`).
"""
