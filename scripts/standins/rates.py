"""How often something may be asked, and what who asks too often is told."""

from collections import defaultdict, deque
from time import monotonic

from aiohttp import web


class Rate:
    """So many calls in so many seconds, for each key."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    def left(self, key: str = "") -> int:
        """Count a call; return how many may follow, below zero when this was one too many."""
        calls, now = self._calls[key], monotonic()
        while calls and calls[0] <= now - self.seconds:
            calls.popleft()
        if len(calls) >= self.most:
            return -1
        calls.append(now)
        return self.most - len(calls)

    def wait(self, key: str = "") -> int:
        """Return after how many whole seconds the next may come."""
        calls = self._calls[key]
        return max(1, int(calls[0] + self.seconds - monotonic()) + 1) if calls else 0


def headers(rate: Rate, left: int, key: str = "") -> dict[str, str]:
    told = {"x-ratelimit-limit": str(rate.most), "x-ratelimit-remaining": str(max(left, 0))}
    return told | ({"Retry-After": str(rate.wait(key))} if left < 0 else {})


def too_many(rate: Rate, left: int, key: str = "") -> web.Response:
    return web.json_response(
        {"message": "Too Many Attempts."}, status=429, headers=headers(rate, left, key)
    )
