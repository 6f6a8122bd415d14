"""How a call sounds, from what is counted anyway. Pure."""

# The E-model (ITU-T G.107), with nothing wrong but delay and loss. Opus is not in G.113: its own impairment is taken as
# zero, and its robustness against random loss as that of a codec with good concealment. It estimates, nobody measured.
_BEST_R = 93.2
_LOSS_ROBUSTNESS = 25.1  # Bpl
_FIXED_DELAY_MS = 45.0  # a frame, the encoder's look-ahead, and the smallest playout buffer
_DELAY_KNEE_MS = 177.3


def mean_opinion_score(loss_fraction: float, jitter_ms: float, round_trip_ms: float) -> float:
    """1.0 (bad) to 4.4 (best). `loss_fraction` is 0 to 1; a playout buffer of twice the jitter is assumed."""
    delay_ms = round_trip_ms / 2 + 2 * jitter_ms + _FIXED_DELAY_MS
    delay_impairment = 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - _DELAY_KNEE_MS)
    loss_percent = 100 * min(1.0, max(0.0, loss_fraction))
    loss_impairment = 95 * loss_percent / (loss_percent + _LOSS_ROBUSTNESS)
    r = min(100.0, max(0.0, _BEST_R - delay_impairment - loss_impairment))
    return round(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 2) if r > 6.5 else 1.0
