"""The percept: where the camera seems to be, and how sure the recogniser is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from innervate.errors import ConfigError

from .images import check_images
from .measures import margin_confidence


@dataclass(frozen=True)
class Place:
    """One answer of a recogniser."""

    index: int
    """The place, counted in the order of the images it was fitted on."""
    confidence: float
    """0 (the best place does not stand out at all) to 1; comparable between queries of one recogniser."""
    scores: Float[np.ndarray, "place"]
    """The evidence for every place, larger is better; its unit is the recogniser's own."""


def place_from(scores: Float[np.ndarray, "place"]) -> Place:
    """The percept that a row of scores amounts to; ties go to the earliest place, with confidence 0."""
    return Place(int(np.argmax(scores)), float(margin_confidence(scores[None])[0]), scores)


class Recogniser(ABC):
    """Learns places from one image each and tells them from later images.

    `fit` and `scores` check what they are given; a child implements `_fit` and `_scores`.
    """

    n_places: int = 0
    """Places known; 0 before `fit`."""

    def fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        """Learn one place per image; what was learnt before is forgotten. Raises `ConfigError` on other arrays."""
        check_images(images)
        self._fit(images)
        self.n_places = len(images)

    def scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        """Evidence for every place from each image, in the order of a traverse; `ConfigError` before `fit`."""
        check_images(images)
        self._check_fitted()
        return self._scores(images)

    def query(self, image: UInt8[np.ndarray, "height width *rgb"]) -> Place:
        """The place that one image shows."""
        return place_from(self.scores(image[None])[0])

    def _check_fitted(self) -> None:
        if self.n_places == 0:
            raise ConfigError(f"{type(self).__name__} knows no place yet: call fit(images) before asking.")

    @abstractmethod
    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None: ...

    @abstractmethod
    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]: ...
