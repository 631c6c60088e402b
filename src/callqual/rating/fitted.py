"""What was fitted for the rating: written by ``python -m benchmarks.fit_rating --write``, not by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fitted:
    """Fitted constants of the rating.

    Attributes
    ----------
    b : float
        Detected losses of 20 ms for each second of speech at which R halves. Fitted to rated clips.
    log_sigma_b : float
        Standard error of its logarithm. From the same fit.
    cut : float
        Weight of a cut against a hole or a copy of 20 ms, as detected: it jumps, but nothing is missing. From the same fit.
    log_sigma_cut : float
        Standard error of its logarithm. From the same fit.
    concealed : float
        Weight of a concealed loss against a bare one. Nearest to G.107 with the Bpl of G.711 with concealment.
    log_sigma_concealed : float
        Standard error of its logarithm. Half of what lies between the Bpl of the best and the worst concealers in G.113.
    tone : float
        Impairment of a tone that is always there, as loud as the speech. Nearest to the noise of G.107, 5 dB louder for being a tone (ISO 1996-1).
    log_sigma_tone : float
        Standard error of its logarithm. The largest error of that approach, and the range of that adjustment.
    clip : float
        Standard error of the MOS of 8 s that more of the call averages out. From conditions left out, less listeners, detectors and model.
    model : float
        Standard error of the MOS that no length averages out. From what the clips of a condition share, at most.
    recall : dict
        Share of the losses beside speech that each detector finds. From the rated clips; of concealed ones, from real calls.
    """

    b: float
    log_sigma_b: float
    cut: float
    log_sigma_cut: float
    concealed: float
    log_sigma_concealed: float
    tone: float
    log_sigma_tone: float
    clip: float
    model: float
    recall: dict[str, float]


FITTED = Fitted(
    b=2.6811,
    log_sigma_b=0.0518,
    cut=0.3956,
    log_sigma_cut=0.0546,
    concealed=0.2836,
    log_sigma_concealed=0.5387,
    tone=8.2042,
    log_sigma_tone=0.4641,
    clip=0.1589,
    model=0.0,
    recall={"hole": 0.955, "copy": 0.943, "cut": 0.511, "concealed": 0.857},
)
