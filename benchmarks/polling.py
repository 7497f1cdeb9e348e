"""How often a provider is asked about a job and how late its end is noticed, against asking at fixed intervals.

    python benchmarks/polling.py [--jobs 4000] [--at-once 5] [--seed 1]

The waits and limits of a build, as they are, in simulated time: jobs of one model that nothing is known of at first,
some in flight at a time, each learned from as a build learns.  For a fixed interval, polls times lateness is half the
mean duration at best, whichever interval it is; so that product is what is compared.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import common

sys.path[:0] = [str(common.ROOT), str(common.ROOT / "tests" / "execute")]

from virtual import DISTRIBUTIONS, GOALS, Seen, best_fixed, fixed, learned, lognormal  # noqa: E402

from r2v_pipeline.providers.base import OPAQUE, Terms  # noqa: E402

# Jobs in flight and polls a second that their provider allows; and the least seconds between two polls of a job.
CROWDS = ((20, 20.0, 0.0), (100, 2.5, 0.0), (100, 2.5, 20.0), (500, 12.5, 0.0), (2000, 20.0, 0.0))
FIXED_S = 10


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=Path(__file__).name)
    parser.add_argument("--jobs", type=int, default=4000)
    parser.add_argument("--at-once", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    distributions(words.jobs, words.at_once, words.seed)
    crowds(words.seed)


def distributions(jobs: int, at_once: int, seed: int) -> None:
    """Polls and lateness by how durations are spread, with no limit in the way."""
    rows = []
    for name, draw in DISTRIBUTIONS.items():
        seen, best = learned(draw, jobs, at_once=at_once, seed=seed), best_fixed(draw, jobs, seed)
        ratio = seen.product / best
        usual = fixed(draw, jobs, FIXED_S, seed)
        rows.append([name, _both(usual), f"{best:.1f}", _both(seen), f"{seen.late_95_s:.1f}", f"{seen.product:.1f}"])
        rows[-1] += [f"{ratio:.2f}", f"{GOALS[name]:.2f}{': **missed**' if ratio > GOALS[name] else ''}"]
    head = f"every {FIXED_S} s: polls / late", "best fixed product", "learned: polls / late", "late, 95 %", "product"
    print(f"Median 90 s, {jobs} jobs, {at_once} in flight; late in seconds.\n")
    print(common.table(["durations", *head, "ratio", "goal"], rows))


def crowds(seed: int) -> None:
    """More jobs in flight than the provider wants to be asked about."""
    rows = []
    for at_once, polls_a_second, every_s in CROWDS:
        terms = Terms(OPAQUE, "", polls_a_second=polls_a_second, poll_every_s=every_s)
        seen = learned(lognormal(0.25), 4 * at_once, at_once=at_once, seed=seed, terms=terms)
        kept = seen.busiest <= polls_a_second and seen.shortest_s >= every_s
        rows.append([f"{at_once}", f"{polls_a_second:g}", f"{every_s:g}" if every_s else "", f"{seen.busiest}"])
        rows[-1] += [f"{seen.shortest_s:.1f}", "yes" if kept else "**no**", _both(seen)]
        rows[-1] += [f"{at_once / polls_a_second / 2:.1f}"]
    head = "polls/s allowed", "least s between", "busiest second", "shortest s between", "kept", "polls / late"
    print("Lognormal, sigma 0.25, all jobs of one account.\n")
    print(common.table(["in flight", *head, "late, each in its turn"], rows))


def _both(seen: Seen) -> str:
    return f"{seen.polls:.1f} / {seen.late_s:.1f}"


if __name__ == "__main__":
    main()
