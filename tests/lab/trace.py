# SPDX-License-Identifier: LGPL-2.1-or-later
"""A dying optical module, to be replayed: what laboratories and operators saw over weeks, in seconds.

The order of symptoms is that of Meza et al. (OCP 2018) and CorrOpt (SIGCOMM 2017): the laser's bias rises to its
plateau, temperature follows, then the received power falls, and the bit error rate before FEC rises log-linearly.
"""

import random
from pathlib import Path

STEP = 0.1  # seconds between readings


def _ramp(t: float, start: float, end: float, low: float, high: float) -> float:
    share = min(max((t - start) / (end - start), 0.0), 1.0)
    return low + share * (high - low)


def _readings(t: float, onset: float) -> dict[str, float]:
    t -= onset
    return {
        "tx-bias": _ramp(t, 0, 4, 6.5, 11.5),  # mA
        "module-temperature": _ramp(t, 1, 6, 41.0, 46.0),  # degrees Celsius
        "rx-power": _ramp(t, 2.5, 8, -3.0, -15.5),  # dBm
        "pre-fec-ber": 10 ** _ramp(t, 2.5, 8, -9.0, -4.2),
    }


def _noisy(signal: str, value: float, noise: random.Random) -> float:
    if signal == "pre-fec-ber":
        return value * 10 ** noise.gauss(0, 0.03)
    return value + noise.gauss(0, {"tx-bias": 0.02, "module-temperature": 0.05, "rx-power": 0.04}[signal])


def write_optics(path: Path, onset: float = 3.0, end: float = 40.0) -> None:
    """A decays from `onset` seconds after the daemon's start and is at its worst 8 seconds later; B is well."""
    noise = random.Random(1)
    lines = []
    for i in range(round(end / STEP)):
        t = i * STEP
        for adapter, begin in (("A", onset), ("B", 1e9)):
            for signal, value in _readings(t, begin).items():
                lines.append(f"{t:.2f},{adapter},{signal},{_noisy(signal, value, noise):.6g}\n")
    path.write_text("".join(lines))
