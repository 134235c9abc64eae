"""How good a ranking of prompts is.

Definitions: Ong et al., "RouteLLM: Learning to Route LLMs with Preference Data",
2024. When the prompts with the highest scores go to the cloud, the quality gap
between the two models closes step by step. APGR is the mean part of the gap that
is recovered, over all shares of prompts sent; chance gives 0.5. CPT(50) is the
share in percent that must be sent to recover half of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def ranking(scores: ArrayLike, gains: ArrayLike, seed: int = 1) -> tuple[float, float]:
    """APGR and CPT(50) of ``scores``; ``gains`` is strong minus weak. Ties fall at random."""
    score, gain = np.asarray(scores, float), np.asarray(gains, float)
    order = np.lexsort((np.random.default_rng(seed).random(len(score)), -score))
    recovered = np.concatenate([[0.0], np.cumsum(gain[order])]) / gain.sum()
    apgr = float(((recovered[1:] + recovered[:-1]) / 2).mean())
    return apgr, 100 * float(np.argmax(recovered >= 0.5)) / len(score)
