"""The paper's agent on mazes, exactly and fast: one seed is a few seconds of one core.

`train` (in `trainer`) and `train_t_maze` (in `t_maze`) are what to call; the kernels need numba
(`pip install 'innervate[predictive]'`).
"""
