"""Until when many cases are to be decided at once, in opening times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Moments = npt.NDArray[np.float64]

Opening = tuple[float, float]


def due(moments: Moments, seconds: float, opening: Sequence[Opening]) -> Moments:
    """The moment that lies so many open seconds after each; as real time where it is never open that long."""
    opens, closes = (np.array([span[side] for span in opening], dtype=np.float64) for side in (0, 1))
    passed = np.concatenate([[0.0], np.cumsum(closes - opens)])
    place = np.searchsorted(opens, moments, side="right") - 1
    inside = np.clip(moments - opens[place], 0, (closes - opens)[place])
    target = np.where(place < 0, 0.0, passed[place] + inside) + seconds
    reached = np.clip(np.searchsorted(passed, target, side="left") - 1, 0, len(opens) - 1)
    moment: Moments = np.where(target <= passed[-1], opens[reached] + target - passed[reached], moments + seconds)
    return moment
