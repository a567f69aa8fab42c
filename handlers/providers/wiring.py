"""What all clients of other companies share: connections, limits, and who hears of their calls."""

from typing import Any, NamedTuple

import aiohttp

from handlers.providers.api import Api, Observe
from state.live.client import Servers


class Wiring(NamedTuple):
    http: aiohttp.ClientSession
    redis: Servers
    observe: Observe

    def api(self, name: str, base_url: str, **more: Any) -> Api:
        """Return the way to one service; `more` is what an Api takes."""
        return Api(name, base_url, self.http, self.redis, observe=self.observe, **more)
