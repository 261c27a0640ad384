"""Arm26's explicit Euler step, what is felt of it, and both adjoints, for 64 trials at a time (numba).

The equations are those of `arm26.py`, against which the tests hold them. A body is one flat array, `LANES` trials to a
row, rows as in `layout.py`: constant distances between rows and loops without calls are what a compiler makes vector
code of. Arithmetic is in float64 whatever the arrays are.
"""

import math

import numpy as np
from jaxtyping import Float, Float64

from innervate.kernels import fast, fast_inlined

from .hill import A_REL, B_REL, CRITICAL, CURVATURE, FALL_S, LEAST, RISE_S, SLOWING, WIDTH_2
from .layout import ACTIVATION, ANGLE, FORCE, LANES, RATE, SINES

PEAK, OPTIMAL, OFFSET, SHOULDER_ARM, ELBOW_ARM, ELBOW_BEND = range(6)
STEP, SLACK, PASSIVE, COUPLING, INERTIA, INERTIA_ELBOW, UPPER, FORE, HIGHEST = range(9)

Flat = Float[np.ndarray, "lanes"]
Muscles = Float64[np.ndarray, "6 6"]
Body = Float64[np.ndarray, "10"]

_QUARTER = math.pi / 2


@fast_inlined
def _pull(a: float, length: float, velocity: float, optimal: float, slack: float, k: float) -> float:
    """Force of a muscle over its peak force."""
    x, v = max(length, 0.0) / optimal, velocity / (10 * optimal)
    reach = max(1 - (x - 1) ** 2 / WIDTH_2, 0.01)
    a_rel = A_REL * reach if x > 1 else A_REL
    root = 1 - SLOWING * (min(a, CRITICAL) - CRITICAL)
    b_rel = B_REL * root * root
    iso = reach * a
    shape = CURVATURE - 2 * a * (reach + a_rel) / b_rel
    p1 = -0.5 * iso / shape
    bow = 0.25 * iso * iso / shape
    longer = 1.5 * p1 * iso + p1 * CURVATURE * v + bow + 1.5 * iso * v + CURVATURE * v * v
    above = v * a * a_rel + iso * b_rel if v < 0 else longer
    below = b_rel - v if v < 0 else p1 + v
    return max(above / below, 0.0) + k * max(x - slack, 0.0) ** 2


@fast_inlined
def _pull_adjoint(
    a: float, length: float, velocity: float, optimal: float, slack: float, k: float
) -> tuple[float, float, float]:
    """Derivatives of the relative force with activation, fibre length (per m) and velocity (per m/s)."""
    x, v = max(length, 0.0) / optimal, velocity / (10 * optimal)
    raw = 1 - (x - 1) ** 2 / WIDTH_2
    reach = max(raw, 0.01)
    reach_x = -2 * (x - 1) / WIDTH_2 if raw >= 0.01 else 0.0
    a_rel, rel_x = A_REL * reach if x > 1 else A_REL, A_REL * reach_x if x > 1 else 0.0
    root = 1 - SLOWING * (min(a, CRITICAL) - CRITICAL)
    b_rel = B_REL * root * root
    b_a = -2 * B_REL * root * SLOWING if a < CRITICAL else 0.0
    iso, iso_x = reach * a, reach_x * a
    slope = a * (reach + a_rel) / b_rel
    shape = CURVATURE - 2 * slope
    shape_a = -2 * (reach + a_rel - slope * b_a) / b_rel
    shape_x = -2 * a * (reach_x + rel_x) / b_rel
    p1, bow = -0.5 * iso / shape, 0.25 * iso * iso / shape
    longer = 1.5 * p1 * iso + p1 * CURVATURE * v + bow + 1.5 * iso * v + CURVATURE * v * v
    below = b_rel - v if v < 0 else p1 + v
    active = (v * a * a_rel + iso * b_rel if v < 0 else longer) / below
    on_p1, on_iso = 1.5 * iso + CURVATURE * v - active, 1.5 * (p1 + v) + 0.5 * iso / shape
    p1_a, p1_x = (-0.5 * reach - p1 * shape_a) / shape, (-0.5 * iso_x - p1 * shape_x) / shape
    short_a = v * a_rel + reach * b_rel + (iso - active) * b_a
    long_a = on_p1 * p1_a + on_iso * reach - bow * shape_a / shape
    short_x = v * a * rel_x + iso_x * b_rel
    long_x = on_p1 * p1_x + on_iso * iso_x - bow * shape_x / shape
    long_v = p1 * CURVATURE + 1.5 * iso + 2 * CURVATURE * v - active
    share = 1 / below if active >= 0 else 0.0
    by_a = (short_a if v < 0 else long_a) * share
    by_x = (short_x if v < 0 else long_x) * share + 2 * k * max(x - slack, 0.0)
    by_v = (a * a_rel + active if v < 0 else long_v) * share
    return by_a, by_x / optimal if length >= 0 else 0.0, by_v / (10 * optimal)


@fast_inlined
def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


@fast_inlined
def _rise(a: float, u: float) -> float:
    """Rate of the activation, 1/s."""
    scale = 0.5 + 1.5 * a
    return (u - a) / (RISE_S * scale) if u > a else (u - a) * scale / FALL_S


@fast_inlined
def _even(y: float) -> float:
    """Cosine of an angle well within a half turn, by its series: a call would keep the loop from vector code."""
    z, total = -y * y, 1.0
    for k in range(24, 0, -2):
        total = 1 + total * z / (k * (k - 1))
    return total


@fast_inlined
def _odd(y: float) -> float:
    """Sine, likewise."""
    z, total = -y * y, 1.0
    for k in range(25, 1, -2):
        total = 1 + total * z / (k * (k - 1))
    return total * y


@fast
def turn(b: Flat) -> None:
    """Fill in the sines and cosines of a body's angles."""
    for n in range(LANES):
        y1, y2 = float(b[ANGLE * LANES + n]) - _QUARTER, float(b[(ANGLE + 1) * LANES + n]) - _QUARTER
        b[SINES * LANES + n], b[(SINES + 1) * LANES + n] = _even(y1), -_odd(y1)
        b[(SINES + 2) * LANES + n], b[(SINES + 3) * LANES + n] = _even(y2), -_odd(y2)


@fast_inlined
def _torques(
    s: tuple[float, float, float, float], w1: float, w2: float, fx: float, fy: float, body: Body
) -> tuple[float, float]:
    """Of the load and of the links' own motion, N m; `s` has sine and cosine of the shoulder, then of the elbow."""
    s1, c1, s2, c2 = s
    h = body[COUPLING] * s2
    fore = body[FORE] * (fy * (c1 * c2 - s1 * s2) - fx * (s1 * c2 + c1 * s2))
    return fore + body[UPPER] * (fy * c1 - fx * s1) + h * w2 * (2 * w1 + w2), fore - h * w1 * w1


@fast_inlined
def _inverse(cos_elbow: float, body: Body) -> tuple[float, float, float]:
    """Elements 11, 12 and 22 of the inverse of the mass matrix."""
    m11 = body[INERTIA] + 2 * body[COUPLING] * cos_elbow
    m12, m22 = body[INERTIA_ELBOW] + body[COUPLING] * cos_elbow, body[INERTIA_ELBOW]
    scale = 1 / (m11 * m22 - m12 * m12)
    return m22 * scale, -m12 * scale, m11 * scale


@fast
def accelerate(b: Flat, load: Flat, muscles: Muscles, body: Body, out: Flat) -> None:
    """Joint accelerations, rad/s^2, into two rows."""
    for n in range(LANES):
        w1, w2 = float(b[RATE * LANES + n]), float(b[(RATE + 1) * LANES + n])
        s1, c1 = float(b[SINES * LANES + n]), float(b[(SINES + 1) * LANES + n])
        s2, c2 = float(b[(SINES + 2) * LANES + n]), float(b[(SINES + 3) * LANES + n])
        t1, t2 = _torques((s1, c1, s2, c2), w1, w2, load[n], load[LANES + n], body)
        for m in range(6):
            force = float(b[(FORCE + m) * LANES + n])
            t1 -= force * muscles[m, SHOULDER_ARM]
            t2 -= force * (muscles[m, ELBOW_ARM] + 2 * muscles[m, ELBOW_BEND] * b[(ANGLE + 1) * LANES + n])
        w11, w12, w22 = _inverse(c2, body)
        out[n], out[LANES + n] = w11 * t1 + w12 * t2, w12 * t1 + w22 * t2


@fast
def advance(b: Flat, excitation: Flat, load: Flat, muscles: Muscles, body: Body, after: Flat, work: Flat) -> None:
    """One explicit Euler step; the muscles pull with the force that the last posture gave. `work`: four rows."""
    h = body[STEP]
    accelerate(b, load, muscles, body, work)
    for j in range(2):
        high = body[HIGHEST + j]
        for n in range(LANES):
            rate = float(b[(RATE + j) * LANES + n])
            q, w = b[(ANGLE + j) * LANES + n] + h * rate, rate + h * work[j * LANES + n]
            after[(ANGLE + j) * LANES + n] = _within(q, 0.0, high)
            after[(RATE + j) * LANES + n] = 0.0 if ((q <= 0) & (w < 0)) | ((q >= high) & (w > 0)) else w
    for m in range(6):
        peak, optimal, offset, shoulder, elbow, bend = muscles[m]
        for n in range(LANES):
            q1, q2 = float(b[ANGLE * LANES + n]) - _QUARTER, float(b[(ANGLE + 1) * LANES + n])
            velocity = shoulder * b[RATE * LANES + n] + (elbow + 2 * bend * q2) * b[(RATE + 1) * LANES + n]
            a, u = float(b[(ACTIVATION + m) * LANES + n]), _within(float(excitation[m * LANES + n]), LEAST, 1.0)
            a = _within(a + h * _rise(a, u), LEAST, 1.0)
            after[(ACTIVATION + m) * LANES + n] = a
            length = offset + shoulder * q1 + (elbow + bend * q2) * q2
            after[(FORCE + m) * LANES + n] = peak * _pull(a, length, velocity, optimal, body[SLACK], body[PASSIVE])
    turn(after)


@fast
def advance_adjoint(
    b: Flat, excitation: Flat, load: Flat, muscles: Muscles, body: Body, to: Flat, d: Flat, d_excitation: Flat,
    work: Flat,
) -> None:  # fmt: skip
    """Add to the gradient `d` of the body what comes from `to`, that of the body after the step; set that of the
    excitation. What a clamp holds passes none. `work`: four rows."""
    h = body[STEP]
    accelerate(b, load, muscles, body, work)
    for j in range(2):
        high = body[HIGHEST + j]
        for n in range(LANES):
            rate = float(b[(RATE + j) * LANES + n])
            q, w = b[(ANGLE + j) * LANES + n] + h * rate, rate + h * work[j * LANES + n]
            stopped = ((q <= 0) & (w < 0)) | ((q >= high) & (w > 0))
            to_w = 0.0 if stopped else float(to[(RATE + j) * LANES + n])
            to_q = float(to[(ANGLE + j) * LANES + n]) if (q >= 0) & (q <= high) else 0.0
            d[(RATE + j) * LANES + n] += to_w + h * to_q
            d[(ANGLE + j) * LANES + n] += to_q
            work[(2 + j) * LANES + n] = h * to_w
    for n in range(LANES):
        w1, w2 = float(b[RATE * LANES + n]), float(b[(RATE + 1) * LANES + n])
        s1, c1 = float(b[SINES * LANES + n]), float(b[(SINES + 1) * LANES + n])
        s2, c2 = float(b[(SINES + 2) * LANES + n]), float(b[(SINES + 3) * LANES + n])
        fx, fy = float(load[n]), float(load[LANES + n])
        a1, a2 = float(work[n]), float(work[LANES + n])
        # M acceleration = torque: the adjoint is a torque too, and M turns with the elbow.
        w11, w12, w22 = _inverse(c2, body)
        g1, g2 = float(work[2 * LANES + n]), float(work[3 * LANES + n])
        u1, u2 = w11 * g1 + w12 * g2, w12 * g1 + w22 * g2
        work[2 * LANES + n], work[3 * LANES + n] = u1, u2
        hs, hc = body[COUPLING] * s2, body[COUPLING] * c2
        fore = -(u1 + u2) * body[FORE] * (fy * (s1 * c2 + c1 * s2) + fx * (c1 * c2 - s1 * s2))
        d[ANGLE * LANES + n] += fore - u1 * body[UPPER] * (fy * s1 + fx * c1)
        d[(ANGLE + 1) * LANES + n] += (
            fore + hs * (u1 * (2 * a1 + a2) + u2 * a1) + hc * (u1 * w2 * (2 * w1 + w2) - u2 * w1 * w1)
        )
        d[RATE * LANES + n] += 2 * hs * (u1 * w2 - u2 * w1)
        d[(RATE + 1) * LANES + n] += 2 * hs * u1 * (w1 + w2)
    for m in range(6):
        peak, optimal, offset, shoulder, elbow, bend = muscles[m]
        for n in range(LANES):
            q1, q2 = float(b[ANGLE * LANES + n]) - _QUARTER, float(b[(ANGLE + 1) * LANES + n])
            w2 = float(b[(RATE + 1) * LANES + n])
            elbow_arm = elbow + 2 * bend * q2
            u1, u2 = float(work[2 * LANES + n]), float(work[3 * LANES + n])
            d[(FORCE + m) * LANES + n] += -u1 * shoulder - u2 * elbow_arm
            a, wanted = float(b[(ACTIVATION + m) * LANES + n]), float(excitation[m * LANES + n])
            u = _within(wanted, LEAST, 1.0)
            risen = a + h * _rise(a, u)
            length = offset + shoulder * q1 + (elbow + bend * q2) * q2
            velocity = shoulder * b[RATE * LANES + n] + elbow_arm * w2
            by_a, by_l, by_v = _pull_adjoint(
                _within(risen, LEAST, 1.0), length, velocity, optimal, body[SLACK], body[PASSIVE]
            )
            g = peak * to[(FORCE + m) * LANES + n]
            d[ANGLE * LANES + n] += g * by_l * shoulder
            d[(ANGLE + 1) * LANES + n] += (
                g * by_l * elbow_arm + 2 * bend * (g * by_v * w2 - u2 * b[(FORCE + m) * LANES + n])
            )
            d[RATE * LANES + n] += g * by_v * shoulder
            d[(RATE + 1) * LANES + n] += g * by_v * elbow_arm
            ga = to[(ACTIVATION + m) * LANES + n] + g * by_a if (risen >= LEAST) & (risen <= 1) else 0.0
            scale = 0.5 + 1.5 * a
            on_u = 1 / (RISE_S * scale) if u > a else scale / FALL_S
            bent = 1.5 * (u - a) * (-1 / (RISE_S * scale * scale) if u > a else 1 / FALL_S)
            d[(ACTIVATION + m) * LANES + n] += ga * (1 + h * (bent - on_u))
            d_excitation[m * LANES + n] = ga * h * on_u if (wanted >= LEAST) & (wanted <= 1) else 0.0


@fast
def sense(b: Flat, now: Flat, muscles: Muscles, body: Body, felt: Flat) -> None:
    """`FELT` rows: lengths of `b` in optimal ones, velocities in ten of them a second; the hand of `now`, m."""
    for m in range(6):
        _, optimal, offset, shoulder, elbow, bend = muscles[m]
        for n in range(LANES):
            q1, q2 = float(b[ANGLE * LANES + n]) - _QUARTER, float(b[(ANGLE + 1) * LANES + n])
            velocity = shoulder * b[RATE * LANES + n] + (elbow + 2 * bend * q2) * b[(RATE + 1) * LANES + n]
            felt[m * LANES + n] = max(offset + shoulder * q1 + (elbow + bend * q2) * q2, 0.0) / optimal
            felt[(6 + m) * LANES + n] = velocity / (10 * optimal)
    for n in range(LANES):
        s1, c1 = float(now[SINES * LANES + n]), float(now[(SINES + 1) * LANES + n])
        s2, c2 = float(now[(SINES + 2) * LANES + n]), float(now[(SINES + 3) * LANES + n])
        felt[12 * LANES + n] = body[UPPER] * c1 + body[FORE] * (c1 * c2 - s1 * s2)
        felt[13 * LANES + n] = body[UPPER] * s1 + body[FORE] * (s1 * c2 + c1 * s2)


@fast
def sense_adjoint(b: Flat, now: Flat, muscles: Muscles, body: Body, to_felt: Flat, d: Flat, d_now: Flat) -> None:
    """Add to the gradients `d` of `b` and `d_now` of `now` what comes from that of what is felt."""
    for m in range(6):
        _, optimal, offset, shoulder, elbow, bend = muscles[m]
        for n in range(LANES):
            q1, q2 = float(b[ANGLE * LANES + n]) - _QUARTER, float(b[(ANGLE + 1) * LANES + n])
            elbow_arm = elbow + 2 * bend * q2
            length = offset + shoulder * q1 + (elbow + bend * q2) * q2
            to_l = to_felt[m * LANES + n] / optimal if length >= 0 else 0.0
            to_v = to_felt[(6 + m) * LANES + n] / (10 * optimal)
            d[ANGLE * LANES + n] += to_l * shoulder
            d[(ANGLE + 1) * LANES + n] += to_l * elbow_arm + 2 * bend * to_v * b[(RATE + 1) * LANES + n]
            d[RATE * LANES + n] += to_v * shoulder
            d[(RATE + 1) * LANES + n] += to_v * elbow_arm
    for n in range(LANES):
        s1, c1 = float(now[SINES * LANES + n]), float(now[(SINES + 1) * LANES + n])
        s2, c2 = float(now[(SINES + 2) * LANES + n]), float(now[(SINES + 3) * LANES + n])
        x, y = float(to_felt[12 * LANES + n]), float(to_felt[13 * LANES + n])
        fore = body[FORE] * (y * (c1 * c2 - s1 * s2) - x * (s1 * c2 + c1 * s2))
        d_now[ANGLE * LANES + n] += fore + body[UPPER] * (y * c1 - x * s1)
        d_now[(ANGLE + 1) * LANES + n] += fore
