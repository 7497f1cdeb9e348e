"""How long a provider takes for a job of one model: a distribution that is learned while jobs run.

It is a histogram over the logarithm of time, smoothed, on top of a broad prior.  The prior makes it useful before the
first job has ended; its heavy tails never quite vanish, so that a provider that has become quicker or slower is
noticed.  Older jobs count less and less.  Pure: no clock, no journal.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise

# The grid: cells of equal width in the logarithm of seconds, from a hundredth of a second to two days.
_FIRST_S, _LAST_S, _STEP = 0.01, 172_800.0, 0.08
_CELLS = math.ceil(math.log(_LAST_S / _FIRST_S) / _STEP)
_EDGES = (0.0, *(_FIRST_S * math.exp(_STEP * n) for n in range(1, _CELLS + 1)))

# The median before anything is known, in seconds, and how broad that belief is (the shape of a log-logistic
# distribution, and a standard deviation of the logarithm for the width of the first kernels).
USUAL_S = 90.0
_SHAPE, _SPREAD = 2.0, 0.6
# The prior counts as one job, its spread as two; a job counts half after so many later ones.
_PRIOR_WEIGHT, _SPREAD_WEIGHT, HALF_LIFE = 1.0, 2.0, 120
_DECAY = 0.5 ** (1 / HALF_LIFE)
# Widths that are tried, as parts of Silverman's rule: what fits one hump hides that there are two.
_WIDTHS = (0.35, 0.6, 1.0)
_NARROWEST = 0.04
# What one more question is worth, in seconds of lateness, for a job of the usual median.
_PRICE_OF_A_POLL_S = 0.6
_TINY = 1e-12


class Turnaround:
    """What is known of how long jobs of one (provider, model) take, in seconds from acceptance to completion.

    `usual_s` is the median before the first job: a provider's own word for it, 0 where there is none.
    """

    def __init__(self, usual_s: float = 0.0) -> None:
        self.usual_s = usual_s or USUAL_S
        self._prior = [late - early for early, late in pairwise(_log_logistic(edge, self.usual_s) for edge in _EDGES)]
        self._mass = [0.0] * _CELLS
        # Weight, sum and sum of squares of the logarithms.
        self._weight = self._sum = self._squares = 0.0
        self._count = self._fitted = 0
        self._survival: list[float] = []
        self._polls: list[float] = []

    @property
    def count(self) -> int:
        """Jobs learned from so far."""
        return self._count

    def learn(self, least_s: float, most_s: float) -> None:
        """A job was unfinished `least_s` after acceptance and finished at `most_s`.

        The middle is learned: whoever learns the moment of noticing learns his own lateness with it, asks later next
        time, and drifts.
        """
        x = math.log(max((least_s + most_s) / 2, _FIRST_S) / _FIRST_S)
        self._mass = [mass * _DECAY for mass in self._mass]
        self._weight = self._weight * _DECAY + 1
        self._sum = self._sum * _DECAY + x
        self._squares = self._squares * _DECAY + x * x
        self._count += 1
        place = min(max(x / _STEP - 0.5, 0.0), _CELLS - 1.001)
        cell, share = int(place), place % 1
        self._mass[cell] += 1 - share
        self._mass[cell + 1] += share
        # A job in twenty more changes little, and fitting costs a millisecond.
        if self._count < 20 or self._count - self._fitted >= self._weight * 0.05:
            self._polls = []

    def after(self, elapsed_s: float, polls: float = 1.0) -> float:
        """How many seconds after `elapsed_s` an unfinished job should be asked about next.

        A job is asked about at a rate that grows with the root of its hazard (the chance that it ends in the next
        second, given that it has not): of all rates, that one makes questions times lateness least.  `polls` above 1
        spreads the questions thinner, by that factor, without changing where they lie.  Infinite past two days.
        """
        self._fit()
        then = _between(_EDGES, self._polls, elapsed_s) + polls
        return _between(self._polls, _EDGES, then) - elapsed_s if then < self._polls[-1] else math.inf

    def left(self, elapsed_s: float) -> float:
        """Seconds until half of the jobs that are unfinished after `elapsed_s` have ended: "about so long left"."""
        self._fit()
        alive = _between(_EDGES, self._survival, elapsed_s)
        cell = bisect_right(self._survival, -alive / 2, key=lambda share: -share)
        if cell > _CELLS:
            return _LAST_S
        early, late = self._survival[cell - 1], self._survival[cell]
        share = (early - alive / 2) / (early - late) if early > late else 1.0
        return max(_EDGES[cell - 1] + share * (_EDGES[cell] - _EDGES[cell - 1]) - elapsed_s, 0.0)

    def _fit(self) -> None:
        """Survival and the number of polls up to each edge of the grid, from what was learned."""
        if self._polls:
            return
        smooth, self._fitted = self._smoothed(), self._count
        total = _PRIOR_WEIGHT + sum(smooth)
        price = _PRICE_OF_A_POLL_S * self.usual_s / USUAL_S
        alive, polls = 1.0, 0.0
        survival, asked = [alive], [polls]
        for cell, (early, late) in enumerate(pairwise(_EDGES)):
            ends = (smooth[cell] + _PRIOR_WEIGHT * self._prior[cell]) / total
            left = max(alive - ends, _TINY)
            hazard = math.log(alive / left) / (late - early)
            # An interval w at hazard h costs h * w / 2 + price / w a second: least at w = sqrt(2 * price / h).
            polls += (late - early) * math.sqrt(hazard / (2 * price))
            alive = left
            survival.append(alive)
            asked.append(polls)
        self._survival, self._polls = survival, asked

    def _smoothed(self) -> list[float]:
        """The histogram under the kernel width that would have foretold each job best from the others."""
        if not self._count:
            return self._mass
        mean = self._sum / self._weight
        variance = max(self._squares / self._weight - mean * mean, 0.0)
        spread = (_SPREAD_WEIGHT * _SPREAD**2 + self._weight * variance) / (_SPREAD_WEIGHT + self._weight)
        silverman = 0.9 * math.sqrt(spread) * max(self._weight, 1.0) ** -0.2
        filled = [cell for cell, mass in enumerate(self._mass) if mass > 1e-3]
        best, best_score = self._mass, -math.inf
        for width in _WIDTHS if self._count >= 8 else _WIDTHS[-1:]:
            kernel = _kernel(max(silverman * width, _NARROWEST))
            smooth = self._convolved(filled, kernel)
            score = sum(self._mass[cell] * math.log(self._foretold(smooth, cell, kernel[0])) for cell in filled)
            if score > best_score:
                best, best_score = smooth, score
        return best

    def _convolved(self, filled: list[int], kernel: list[float]) -> list[float]:
        smooth = [0.0] * _CELLS
        reach = len(kernel) - 1
        for cell in filled:
            mass = self._mass[cell]
            for other in range(max(cell - reach, 0), min(cell + reach + 1, _CELLS)):
                smooth[other] += mass * kernel[abs(other - cell)]
        return smooth

    def _foretold(self, smooth: list[float], cell: int, peak: float) -> float:
        """What a job of this cell was worth to the others: its own kernel's middle is taken away."""
        others = smooth[cell] - min(1.0, self._mass[cell]) * peak
        return max(others + _PRIOR_WEIGHT * self._prior[cell], 1e-9)


def _log_logistic(t: float, median: float) -> float:
    """The chance to have ended by `t`.  Its tail falls like a power: hazard shape / t, so waits grow like sqrt(t)."""
    return 1 / (1 + (median / t) ** _SHAPE) if t else 0.0


def _kernel(width: float) -> list[float]:
    """Mass of a Gaussian of this width in the cell of its middle, in the next cell, and so on to four widths away."""

    def below(x: float) -> float:
        return 0.5 * math.erfc(-x * _STEP / width / math.sqrt(2))

    return [below(cell + 0.5) - below(cell - 0.5) for cell in range(int(4 * width / _STEP) + 2)]


def _between(xs: list[float] | tuple[float, ...], ys: list[float] | tuple[float, ...], x: float) -> float:
    """The piecewise linear function through (xs, ys), xs growing, at x; outside, its nearest end."""
    at = bisect_right(xs, x)
    if at == 0 or at == len(xs):
        return ys[at - 1 if at else 0]
    early, late = xs[at - 1], xs[at]
    return ys[at - 1] + (ys[at] - ys[at - 1]) * (x - early) / (late - early)
