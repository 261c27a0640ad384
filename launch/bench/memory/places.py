"""Places that are remembered with a flag: stored in summer, asked in winter, through the spiking map."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from innervate.controllers.memory.ca3 import Ca3Config
from innervate.errors import ConfigError
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.place.data import data_folder, traverses
from innervate.launch.run.statistics import student_interval
from innervate.perception.place.recognisers.spiking_map import SpikingMap
from innervate.signals import Channel

FLAGS = 12


def asked_in_winter(places: int, seed: int) -> dict[str, float]:
    """Flags of 4 bits among 12 under the place cell that wins; a fifth as many places are asked that never were."""
    data = traverses("nordland_64x32")
    recogniser = SpikingMap(seed)
    recogniser.fit(data.reference[:places])
    rng, strangers = np.random.default_rng(seed), places // 5
    new = rng.choice(np.arange(places + 200, len(data.query)), strangers, replace=False)
    scores = recogniser.scores(data.query[np.concatenate([np.arange(places), new])])
    flags = torch.zeros(places, FLAGS).scatter_(1, torch.from_numpy(rng.random((places, FLAGS)).argsort(1)[:, :4]), 1.0)
    memory = Ca3Config().build(Channel("place", places), Channel("flags", FLAGS), torch.Generator())
    state, cells = memory.empty(1), torch.eye(places)
    for k in range(places):
        state = memory.store(state, cells[k : k + 1], flags[k : k + 1])
    winners = scores[:places].argmax(1)
    answers = [memory.recall(state, cells[w : w + 1]).content[0] for w in winners]
    drive = scores.max(1)
    return {
        "as the recogniser": float(np.mean([torch.equal(a, flags[w]) for a, w in zip(answers, winners, strict=True)])),
        "recogniser": float(np.mean(winners == np.arange(places))),
        "auroc": float(np.mean(drive[:places, None] > drive[None, places:])),
    }


def place_rows(bench: Bench) -> Iterator[Row]:
    """500 places of Nordland; nothing is lost in memory, and a place that never was is told by its winner's drive."""
    seeds, places = bench.seeds or (1 if bench.quick else 3), 100 if bench.quick else 500
    try:
        data_folder()
    except ConfigError as error:
        yield Row(
            row=f"ca3 behind the spiking map: flags of {places} places", value=None, unit="share", peer=str(error)
        )
        return
    runs = [bench.once(f"places {places} {s}", partial(asked_in_winter, places, s)) for s in range(seeds)]
    same, first, auroc = ([r[k] for r in runs] for k in ("as the recogniser", "recogniser", "auroc"))
    yield Row(
        row=f"ca3 behind the spiking map: flags of {places} places asked in winter, as the recogniser says",
        value=float(np.mean(same)), unit="share", n=seeds,
        peer=f"the recogniser itself is right in {np.mean(first):.3f}",
        reach="1.00", holds=float(np.mean(same)) == 1,
    )  # fmt: skip
    yield Row(
        row=f"stored places told from {places // 5} that never were, by the winner's drive",
        value=float(np.mean(auroc)), unit="AUROC", interval=student_interval(auroc), n=seeds, peer="chance 0.5",
        reach="0.8",
        holds=float(np.mean(auroc)) >= 0.8,
    )  # fmt: skip
