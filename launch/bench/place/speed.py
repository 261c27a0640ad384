"""What a query and an update cost, beside the package `vprtempo` in the same process."""

import time
from collections.abc import Iterator

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio
from innervate.launch.bench.place.data import traverses
from innervate.launch.bench.place.vprtempo import Package, package_amplitudes
from innervate.perception.place.neuromorphic.operations import (
    LOIHI_JOULES_PER_OPERATION,
    QueryCost,
    amplitude_cost,
    query_cost,
)
from innervate.perception.place.recognisers.spiking_map import SpikingMap
from innervate.perception.place.recognisers.vprtempo import (
    TempoLayer,
    VPRTempo,
    tempo_spikes,
    train_feature_layer,
    train_output_layer,
)

PLACES = 25
"""Of the update race: the package's smallest common module."""
ROUNDS = 7


def update_rows(bench: Bench) -> Iterator[Row]:
    """One module trained by the package and by us from the same weights in the same order: time, and weights."""

    def measure() -> dict[str, list[float]]:
        spikes = tempo_spikes(traverses("nordland_64x32").reference[:PLACES])
        ours: list[float] = []
        theirs: list[float] = []
        apart: list[float] = []
        for seed in range(2 if bench.quick else 4):
            package = Package(spikes, epochs=4, seed=seed)
            feature, output = package.layer("feature_layer"), package.layer("output_layer")
            begin = time.process_time()
            _train(package, feature, output)
            middle = time.process_time()
            package.train("feature_layer")
            package.train("output_layer")
            updates = 2 * 4 * PLACES
            ours.append((middle - begin) / updates * 1e3)
            theirs.append((time.process_time() - middle) / updates * 1e3)
            pairs = ((feature, "feature_layer"), (output, "output_layer"))
            apart.append(float(max(np.abs(o.weight - package.layer(n).weight).max() for o, n in pairs)))
        return {"ours": ours[1:], "theirs": theirs[1:], "apart": apart}  # the first compiles

    found = bench.once("vprtempo updates", measure)
    ours, theirs = float(np.median(found["ours"])), float(np.median(found["theirs"]))
    n = len(found["ours"])
    yield Row(
        row=f"VPRTempo's rule, CPU time per update ({PLACES} places)",
        value=ours,
        unit="ms",
        n=n,
        peer=f"package vprtempo {theirs:.1f} ms, {theirs / ours:.0f} times as much",
        reach="at most 2 ms",
        holds=ours <= 2,
    )
    yield Row(
        row="VPRTempo's rule, largest difference of a weight from the package's",
        value=max(found["apart"]),
        unit="",
        n=len(found["apart"]),
        peer="from the same initial weights in the same order",
        reach="at most 1e-6",
        holds=max(found["apart"]) <= 1e-6,
    )


def _train(package: Package, feature: TempoLayer, output: TempoLayer) -> None:
    train_feature_layer(feature, package.spikes, package.orders[0])
    features = feature.clamped(package.spikes @ feature.weight.T)
    train_output_layer(output, features, feature.fire_rate, package.orders[1])


def query_rows(bench: Bench) -> Iterator[Row]:
    """Queries a second, one at a time, from 64 x 32 pixels to the place; ours and the package's in turn."""
    data = traverses("nordland_64x32")
    count = 100

    def measure(places: int) -> dict[str, list[float]]:
        images = data.query[:count]
        recogniser = SpikingMap(0)
        recogniser.fit(data.reference[:places])
        package = Package(tempo_spikes(data.reference[:places]), epochs=1, seed=0)  # untrained: the cost is the same

        def ours() -> None:
            state = recogniser.begin()
            for image in images:
                _, state = recogniser.step(image, state)

        def theirs() -> None:
            for image in images:
                package.evaluate(package_amplitudes(image)).argmax()

        timing = interleave({"ours": ours, "theirs": theirs}, ROUNDS)
        return {name: t.cpu_s.tolist() for name, t in timing.items()}

    for places in (500, 2761):
        cpu = {k: np.array(v) for k, v in bench.once(f"query rate {places}", lambda n=places: measure(n)).items()}
        rates = count / cpu["ours"]
        low, rate, high = np.quantile(rates, [0.25, 0.5, 0.75])
        times, _ = ratio(cpu["theirs"], cpu["ours"])
        yield Row(
            row=f"spiking map, queries per second of one thread, {places} places, from 64 x 32 pixels",
            value=float(rate),
            unit="Hz",
            interval=(float(low), float(high)),
            n=ROUNDS,
            peer=f"package vprtempo {np.median(count / cpu['theirs']):.0f} Hz ({times:.1f} times slower)",
            reach="at least 1000" if places == 500 else "",
            holds=bool(rate >= 1000) if places == 500 else None,
        )


def operation_rows(bench: Bench) -> Iterator[Row]:
    """Spikes, synaptic operations, their dense equivalent and memory of one query at 500 places."""
    data = traverses("nordland_64x32").first(500)
    recogniser = SpikingMap(0)
    recogniser.fit(data.reference)
    state = recogniser.begin()
    costs: list[QueryCost] = []
    for image in data.query[:100]:
        spikes, state = recogniser.spikes(image, state)
        costs.append(query_cost(recogniser, spikes))
    tempo = VPRTempo(0, epochs=1)  # hardly trained: its operations are the same
    tempo.fit(data.reference)
    peers = [amplitude_cost(tempo, amplitudes) for amplitudes in tempo_spikes(data.query[:100])]
    paper = "published network 8,600 input spikes a module, 20 modules"
    rows = (
        ("spikes", "spikes", "", paper),
        ("synaptic_operations", "synaptic operations", "", "published network 3.44 million a module, 20 modules"),
        ("dense_operations", "dense multiply-adds of the same size", "", ""),
        ("memory_bytes", "memory of synapses and gains", "bytes", ""),
    )
    for key, name, unit, said in rows:
        value, other = (float(np.mean([getattr(c, key) for c in cs])) for cs in (costs, peers))
        said = f"VPRTempo's rule {other:.4g}; {said}" if said else f"VPRTempo's rule {other:.4g}"
        yield Row(row=f"spiking map, {name} per query, 500 places", value=value, unit=unit, n=100, peer=said)
    each = LOIHI_JOULES_PER_OPERATION
    energy = float(np.mean([c.energy_j(joules_per_operation=each) for c in costs]))
    yield Row(
        row="spiking map, energy of the synaptic operations of a query, 500 places",
        value=energy * 1e6,
        unit="uJ",
        n=100,
        peer=f"at {each * 1e12:.1f} pJ each (Loihi; Davies et al. 2018), front end not counted",
    )
    bench.say("operations counted")
