"""Rate limits: so many requests in so many seconds of the vendors' clock, for whoever shares a bucket."""

from __future__ import annotations

from collections import deque

from r2v_pipeline.sandbox.clock import Clock


class Rates:
    """Sliding windows by name; `on` False: nobody is ever refused."""

    def __init__(self, clock: Clock, *, on: bool) -> None:
        self._clock, self._on = clock, on
        self._seen: dict[str, deque[float]] = {}

    def over(self, bucket: str, most: int, seconds: float) -> float:
        """Seconds until a request would be taken; 0 where it is taken now, which counts."""
        now = self._clock.now()
        seen = self._seen.setdefault(bucket, deque())
        while seen and seen[0] <= now - seconds:
            seen.popleft()
        if self._on and len(seen) >= most:
            return seen[0] + seconds - now
        seen.append(now)
        return 0.0
