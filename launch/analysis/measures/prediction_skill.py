"""How well a latent transition model foresees, several steps ahead."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

Predict = Callable[[Float[np.ndarray, "walk latent"], Int[np.ndarray, "walk"]], Float[np.ndarray, "walk latent"]]


def prediction_r2(
    predict: Predict,
    latents: Float[np.ndarray, "walk instant latent"],
    actions: Int[np.ndarray, "walk step"],
) -> Float[np.ndarray, "step"]:
    """Variance explained of the latents 1, 2, ... steps after the first, foreseen from it and the actions alone.

    Each prediction is fed back into the model. 1 is perfect, 0 no better than the mean latent, below 0 worse. NaN where
    the latents do not vary.
    """
    foreseen, skill = latents[:, 0], np.full(actions.shape[1], np.nan)
    for step in range(actions.shape[1]):
        foreseen = predict(foreseen, actions[:, step])
        true = latents[:, step + 1]
        spread = np.square(true - true.mean(axis=0)).sum()
        if spread > 0:
            skill[step] = 1 - np.square(true - foreseen).sum() / spread
    return skill
