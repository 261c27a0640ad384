"""The percept: where the camera seems to be, and how sure the recogniser is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from innervate.errors import ConfigError
from innervate.registry import Catalogue, picker

from .calibration import Calibration, fit_calibration
from .images.images import check_images
from .measures import margin_confidence


@dataclass(frozen=True)
class Place:
    """One answer of a recogniser."""

    index: int
    """The place, counted in the order of the images it was fitted on."""
    confidence: float
    """0 to 1, comparable between queries of one recogniser: how far the best place stands out (`margin_confidence`),
    or, after `calibrate_confidence`, the probability that it is right."""
    scores: Float[np.ndarray, "place"]
    """The evidence for every place, larger is better; its unit is the recogniser's own."""


class Recogniser(ABC):
    """Learns places from one image each and tells them from later images.

    `fit` and `scores` check what they are given; a child implements `_fit` and `_scores`.
    """

    n_places: int = 0
    """Places known; 0 before `fit`."""
    calibration: Calibration | None = None
    """What turns margins into probabilities; None before `calibrate_confidence`."""

    def fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        """Learn one place per image; what was learnt before is forgotten. Raises `ConfigError` on other arrays."""
        check_images(images)
        self._fit(images)
        self.n_places, self.calibration = len(images), None

    def scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        """Evidence for every place from each image, in the order of a traverse; `ConfigError` before `fit`."""
        check_images(images)
        self._check_fitted()
        return self._scores(images)

    def query(self, image: UInt8[np.ndarray, "height width *rgb"]) -> Place:
        """The place that one image shows."""
        return self.place(self.scores(image[None])[0])

    def place(self, scores: Float[np.ndarray, "place"]) -> Place:
        """The percept that a row of scores amounts to; ties go to the earliest place."""
        return Place(int(np.argmax(scores)), float(self.confidence(scores[None])[0]), scores)

    def confidence(self, scores: Float[np.ndarray, "query place"]) -> Float[np.ndarray, "query"]:
        """How sure the best place of each row is: see `Place.confidence`."""
        margin = margin_confidence(scores)
        return margin if self.calibration is None else self.calibration(margin)

    def calibrate_confidence(
        self, scores: Float[np.ndarray, "query place"], truth: Bool[np.ndarray, "_ _"]
    ) -> Calibration:
        """Fit the confidence on scores of queries, held back for it, whose true places are known."""
        if scores.shape != truth.shape:
            raise ConfigError(f"Scores are (query, place) = {scores.shape} but the ground truth is {truth.shape}.")
        right = truth[np.arange(len(scores)), scores.argmax(1)]
        self.calibration = fit_calibration(margin_confidence(scores), right)
        return self.calibration

    def _check_fitted(self) -> None:
        if self.n_places == 0:
            raise ConfigError(f"{type(self).__name__} knows no place yet: call fit(images) before asking.")

    @abstractmethod
    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None: ...

    @abstractmethod
    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]: ...


def _is_recogniser(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, Recogniser) and thing is not Recogniser


RECOGNISERS: Catalogue[type[Recogniser]] = Catalogue(
    "recogniser",
    group="innervate.recognisers",
    package="innervate.perception.place.recognisers",
    folder=Path(__file__).parent / "recognisers",
    pick=picker("recogniser", _is_recogniser, "Recogniser"),
)
"""By name: the files of `recognisers/`, and what others bring."""
