"""The bridge to robots, measured on real ROS parts: a rosbridge server in Rust, ROS 2 nodes, rosbags, atheris.

They are built apart, once: `bash .ci/ros`. The parts `stops`, `pacing` and `ros1` need none of them.
"""

import re
import signal
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.ros import (
    faults as ros_faults,
)
from innervate.launch.bench.ros import (
    fuzz as ros_fuzz,
)
from innervate.launch.bench.ros import (
    latency as ros_latency,
)
from innervate.launch.bench.ros import (
    lockstep as ros_lockstep,
)
from innervate.launch.bench.ros import (
    pacing as ros_pacing,
)
from innervate.launch.bench.ros import (
    peers as ros_peers,
)
from innervate.launch.bench.ros import (
    recording as ros_recording,
)
from innervate.launch.bench.ros import (
    ros1 as ros_ros1,
)
from innervate.launch.bench.ros import (
    stops as ros_stops,
)

WAYS: tuple[tuple[ros_lockstep.Way, str, float], ...] = (
    ("embedded", "the embedded server", 0.0),
    ("rclpy", "rclpy", 0.0),
    ("rust", "the rosbridge server in Rust", 2.0),
)


def _lockstep(bench: Bench) -> Iterator[Row]:
    run = ros_lockstep.trained_swimmer(bench.work, 40_000 if bench.quick else 100_000)
    steps = 300 if bench.quick else 1000
    for way, name, bar in WAYS:
        found = bench.once(f"lockstep {way}", lambda way=way: ros_lockstep.lockstep(run, way, 2**31, steps))
        yield Row(
            row=f"trained swimmer in lock-step over {name}, {steps} steps: largest difference to the direct run",
            value=found["ulps"], unit="ulp", n=found["steps"],
            peer=f"the same in process; {found['steps'] / found['took_s']:.0f} steps a second, start included",
            reach="0: bit for bit" if bar == 0 else f"at most {bar:g}",
            holds=found["steps"] == steps and (found["equal"] if bar == 0 else found["ulps"] <= bar),
        )  # fmt: skip
    seeds = bench.seeds or (2 if bench.quick else 10)
    found = bench.once(f"real time {seeds}", lambda: ros_lockstep.real_time(run, seeds))
    ours, direct = np.array(found["returns"]), np.array(found["expected"])
    gap = 100 * abs(ours.mean() / direct.mean() - 1)
    yield Row(
        row="the same at real time, return: difference to in process", value=float(gap), unit="%", n=len(ours),
        peer=f"bridge {ours.mean():.1f}, in process {direct.mean():.1f}; {found['missed']} steps late",
        reach="at most 2", holds=bool(gap <= 2 and len(ours) == seeds),
    )  # fmt: skip


def _latency(bench: Bench) -> Iterator[Row]:
    n = 800 if bench.quick else 4000
    found = bench.once(f"round trips {n}", lambda: ros_latency.round_trips(n))
    ours, bare = np.array(found["ours"]), np.array(found["bare"])
    bare_text = f"bare loop of websockets {np.median(bare):.2f} / {np.percentile(bare, 99):.2f} ms"
    what = "round trip through Rust and rclpy, 20 joints, 200 Hz"
    yield Row(row=f"{what}: median", value=float(np.median(ours)), unit="ms", n=len(ours), peer=bare_text,
              reach="at most 2", holds=bool(np.median(ours) <= 2))  # fmt: skip
    high = float(np.percentile(ours, 99))
    yield Row(row=f"{what}: 99th percentile", value=high, unit="ms", n=len(ours), peer=bare_text, reach="at most 15",
              holds=high <= 15)  # fmt: skip
    share = float(np.median(ours) - np.median(bare))
    yield Row(row=f"{what}: our share, median", value=share, unit="ms", n=len(ours), peer="less the bare loop's",
              reach="at most 0.3", holds=share <= 0.3)  # fmt: skip
    yield Row(row=f"{what}: lost", value=found["lost"], unit=f"of {n}", n=n, reach="0", holds=found["lost"] == 0)

    n = 1500 if bench.quick else 15_000
    found = bench.once(f"stream {n}", lambda: ros_latency.stream(n))
    yield Row(row="one way, 20 joints, 500 Hz: lost", value=n - found["seen"], unit=f"of {n}", n=n,
              peer=f"passed to the wire {found['passed']}, in order: {found['ordered']}", reach="0",
              holds=found["seen"] == n and found["ordered"])  # fmt: skip
    yield Row(row="one way, 20 joints, 500 Hz: share of a processor", value=100 * found["cpu"], unit="%", n=n,
              reach="at most 15", holds=found["cpu"] <= 0.15)  # fmt: skip
    yield Row(row="a flood for 2 s: connections closed by the server", value=float(not found["flood_alive"]), unit="",
              peer=f"{found['flood_asked']} messages asked for; unlimited, the server closes with 1013", reach="0",
              holds=found["flood_alive"])  # fmt: skip

    seconds = 5.0 if bench.quick else 30.0
    found = bench.once(f"pictures {seconds}", lambda: ros_latency.pictures(seconds))
    lags = np.array(found["lags"])
    size = (
        f"the node's timer made {found['made_hz']:.2f} Hz; 640 x 480 JPEG of {found['bytes'] / 1000:.0f} kB in base64; "
        "raw pictures are refused with the reason"
    )
    yield Row(row="compressed camera: frames a second", value=found["hz"], unit="Hz", n=len(lags), peer=size,
              reach="30 (29.5 or more)", holds=found["hz"] >= 29.5)  # fmt: skip
    high = float(np.percentile(lags, 95))
    yield Row(row="compressed camera: from stamp to decoded bytes, 95th percentile", value=high, unit="ms",
              n=len(lags), peer=f"median {np.median(lags):.2f} ms", reach="at most 20", holds=high <= 20)  # fmt: skip


def _faults(bench: Bench) -> Iterator[Row]:
    times = 4 if bench.quick else 20
    took = bench.once(f"killed clients {times}", lambda: ros_faults.killed_clients(times))
    bar_s = ros_faults.WATCHDOG_S + ros_faults.STEP_S
    in_time = sum(t <= bar_s for t in took)
    yield Row(row="client killed with SIGKILL: at rest within the timeout and one tick", value=in_time,
              unit=f"of {times}", n=times,
              peer=f"slowest {max(took):.3f} s; timeout 0.5 s, tick 0.03 s; real bridges: never",
              reach=f"{times}", holds=in_time == times)  # fmt: skip
    times = 1 if bench.quick else 5
    killed = bench.once(f"servers killed {times}", lambda: [ros_faults.server_killed() for _ in range(times)])
    slowest, oldest = (max(one[key] for one in killed) for key in ("streaming_s", "oldest_s"))
    yield Row(row="server killed, back after 3 s: streaming again after, slowest", value=slowest, unit="s", n=times,
              peer="roslibpy 1 to 3.7 s", reach="at most 3", holds=slowest <= 3)  # fmt: skip
    yield Row(row="server killed and back: oldest command that came through, there and back", value=oldest, n=times,
              unit="s", peer="roslibpy 0.47 s", reach="at most one period, 0.02, and the round trip",
              holds=oldest <= 0.04)  # fmt: skip
    n = 14 if bench.quick else 200
    found = bench.once(f"random faults {n}", lambda: ros_faults.random_faults(n))
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found["kinds"].items()))
    yield Row(row="random faults: longest motion after the last command", value=found["longest_s"], unit="s", n=n,
              peer=kinds, reach=f"at most timeout and tick, {bar_s:g}", holds=found["longest_s"] <= bar_s)  # fmt: skip
    failed = len(found["not_recovered"])
    yield Row(row="random faults: did not recover by itself", value=failed, unit=f"of {n}", n=n, reach="0",
              holds=failed == 0)  # fmt: skip


def _fuzz(bench: Bench) -> Iterator[Row]:
    n = 10_000 if bench.quick else 100_000
    found = bench.once(f"actions {n}", lambda: ros_fuzz.fuzzed_actions(n))
    yield Row(row="fuzzed actions: commands on the wire not finite or out of limits", value=found["harmful"], unit="",
              n=n, reach="0", holds=found["harmful"] == 0)  # fmt: skip
    yield Row(row="fuzzed actions: not finite and not named by joint", value=found["unnamed"], unit="",
              n=found["non_finite"], reach="0", holds=found["unnamed"] == 0)  # fmt: skip
    inbound = bench.once(f"inbound {n}", lambda: ros_fuzz.inbound(n))
    total = sum(inbound.values())
    yield Row(row="inbound null, NaN, text, short or permuted: taken, not named or misread", value=total, unit="", n=n,
              peer="official bridges pass NaN on", reach="0", holds=total == 0)  # fmt: skip
    n = 100_000 if bench.quick else 1_000_000
    found = bench.once(f"hostile {n}", lambda: ros_fuzz.hostile_frames(n))
    bad = found["crashes"] + found["harmful"]
    yield Row(row="hostile frames: crashes and harmful commands", value=bad, unit="", n=n, reach="0", holds=bad == 0)
    yield Row(row="hostile frames: growth of memory in the second half", value=found["grown_kib"], unit="KiB", n=n,
              reach="none (1 MiB)", holds=found["grown_kib"] <= 1024)  # fmt: skip
    runs, good = bench.once("atheris", lambda: _guided(10.0 if bench.quick else 120.0))
    yield Row(row="hostile frames found by atheris: crashes and harmful commands", value=0.0 if good else 1.0, unit="",
              n=runs, reach="0", holds=good)  # fmt: skip


def _guided(seconds: float) -> tuple[int, bool]:
    """Frames that atheris made, and whether all went well."""
    command = [str(ros_peers.peers() / "clients/bin/python"), "-m", "innervate.launch.bench.ros.fuzz", f"{seconds:g}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    counted = re.findall(r"Done (\d+) runs", done.stderr + done.stdout)
    return (int(counted[-1]) if counted else 0), done.returncode == 0 and bool(counted)


def _recordings(bench: Bench) -> Iterator[Row]:
    run = ros_lockstep.trained_swimmer(bench.work, 40_000 if bench.quick else 100_000)
    counts: dict[str, Any] = bench.once("recorded", lambda: ros_recording.counted(run, 300))
    equal = counts["written"] == counts["mcap_ros2"] == counts["rosbags"]
    written = sum(counts["written"].values())
    yield Row(row="MCAP: messages written, and read by mcap-ros2-support and by rosbags", value=written, unit="",
              n=300, peer="equal by topic" if equal else f"{counts}"[:300], reach="equal", holds=equal)  # fmt: skip
    found = bench.once("killed recording", lambda: ros_recording.killed(run))
    lost = found["taken"] - found["read"]
    yield Row(row="MCAP of a killed process: decisions that cannot be read", value=lost, unit=f"of {found['taken']}",
              reach="at most the last chunk, 40", holds=found["read"] > 0 and lost <= 40)  # fmt: skip


def _stops(bench: Bench) -> Iterator[Row]:
    runs = 2 if bench.quick else 10
    for when in ros_stops.WHENS:
        found = bench.once(f"stop {when} {runs}", lambda when=when: ros_stops.pressed(when, runs))
        missed = len(found["missed"])
        yield Row(
            row=f"emergency stop pressed {when} the start, all types: missed", value=missed, unit=f"of {found['runs']}",
            n=found["runs"], peer=f"longest motion after the press {found['longest_s'] * 1e3:.0f} ms", reach="0",
            holds=missed == 0,
        )  # fmt: skip
    times = 10 if bench.quick else 50
    found = bench.once(f"two drives {times}", lambda: ros_stops.two_drives(times))
    wrong = found["wrong"] + found["hung"]
    yield Row(row="two drives on one bridge, one stopped, either leaves: the wrong one, or a call that hangs",
              value=wrong, unit="", n=times, peer=f"longest turn {found['longest_s']:.2f} s", reach="0",
              holds=wrong == 0)  # fmt: skip
    times = 5 if bench.quick else 100
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        found = bench.once(f"killed {number.name} {times}", lambda number=number: ros_stops.killed(number, times))
        yield Row(row=f"drive ended by {number.name}: robot left moving", value=found["moving"], unit=f"of {times}",
                  n=times, peer=f"longest end {found['longest_s']:.2f} s", reach="0",
                  holds=found["moving"] == 0)  # fmt: skip


def _pacing(bench: Bench) -> Iterator[Row]:
    steps = 150 if bench.quick else 600
    for hz in (300.0, 500.0, 1000.0):
        found = bench.once(f"states {hz} {steps}", lambda hz=hz: ros_pacing.driven(hz, steps))
        what = f"states at {hz:g} Hz, control step {ros_pacing.STEP_S:g} s"
        yield Row(row=f"{what}: commands a second", value=found["hz"], unit="Hz", n=found["n"], reach="at most 34",
                  holds=found["hz"] <= 34)  # fmt: skip
        way = f"over the whole run {found['whole']:.2f}; {found['rests']} at rest between"
        yield Row(row=f"{what}, rate_per_s 1: largest change a second as sent", value=found["sent"], unit="1/s",
                  n=found["n"], peer=way, reach="at most 1", holds=found["sent"] <= 1)  # fmt: skip
        way = f"windows of {ros_pacing.WINDOW_S:g} s and more; on its way for {found['late_s'] * 1e3:.0f} ms at most"
        yield Row(row=f"{what}, rate_per_s 1: largest change a second where the robot is", value=found["change"],
                  unit="1/s", n=found["n"], peer=way, reach="at most 1", holds=found["change"] <= 1)  # fmt: skip
    steps = 60 if bench.quick else 300
    for offset_s in (-1.0, 1.0):
        key = f"clock {offset_s} {steps}"
        found = bench.once(key, lambda offset_s=offset_s: ros_pacing.other_clock(offset_s, steps))
        bad = len(found["refused"])
        yield Row(row=f"JointTrajectory, the robot's clock {offset_s:+g} s off: refused or late", value=bad,
                  unit=f"of {found['n']}", n=found["n"], reach="0", holds=bad == 0 and found["n"] >= steps)  # fmt: skip
    rounds = 3 if bench.quick else 9
    found = bench.once(f"frame to values {rounds}", lambda: ros_pacing.frame_to_values(1500, rounds))
    peer = f"{found['ours_us']:.0f} and {found['bare_us']:.0f} us (websockets and json alone)"
    yield Row(row="JointState of 20 joints, frame to values, processor time", value=found["ratio"], unit="times",
              interval=tuple(found["quartiles"]), n=rounds, peer=peer, reach="at most 1.5", holds=found["ratio"] <= 1.5)
    for realtime, seconds in ((False, 10.0 if bench.quick else 150.0), (True, 10.0 if bench.quick else 600.0)):
        found = bench.once(
            f"closed loop {seconds} {realtime}", lambda r=realtime, s=seconds: ros_pacing.closed_loop(s, realtime=r)
        )
        share = found["ours"] / found["bare"]
        what = f"closed loop at 500 Hz for {seconds:g} s{', real-time priority' if realtime else ''}"
        told = f"{found['ours']:.4f}, bare {found['bare']:.4f}, in turns; {found['cpu']:.2f} of a processor"
        yield Row(row=f"{what}: ticks within 1 ms of their time, to a bare loop's", value=share, unit="", n=found["n"],
                  peer=told, reach="0.999", holds=share >= 0.999)  # fmt: skip
        yield Row(row=f"{what}: commands lost", value=found["lost"], unit="", n=found["n"], reach="0",
                  holds=found["lost"] == 0)  # fmt: skip


def _ros1(bench: Bench) -> Iterator[Row]:
    steps = 300 if bench.quick else 3000
    for realtime in (False, True):
        found = bench.once(
            f"ros1 {steps} {realtime}", lambda r=realtime: ros_ros1.answered(100.0, 0.01, steps, realtime=r)
        )
        what = f"stand-in for ROS 1's server, states and commands at 100 Hz{', real-time priority' * realtime}"
        for name, value, most in ros_ros1.rows_of(found, 10.0):
            yield Row(row=f"{what}: time between commands, {name}", value=value, unit="periods", n=found["n"],
                      peer="Nagle's algorithm on, two small frames a set; the official server was not to be had",
                      reach=f"at most {most:g}", holds=value <= most)  # fmt: skip


def _with_peers(rows: Part) -> Part:
    def measured(bench: Bench) -> Iterable[Row]:
        ros_peers.peers()
        yield from rows(bench)

    return measured


PARTS: dict[str, Part] = {
    "stops": _stops,
    "pacing": _pacing,
    "ros1": _ros1,
    "lockstep": _with_peers(_lockstep),
    "latency": _with_peers(_latency),
    "faults": _with_peers(_faults),
    "fuzz": _with_peers(_fuzz),
    "recordings": _with_peers(_recordings),
}
