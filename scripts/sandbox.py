"""Stand-ins of other companies for developers: at one address, each below its name.

`POST /__sandbox__/faults {"name": "deepl", "status": 429, "times": 3}` lets calls fail;
`seconds`, `reset` (before, after) and `malformed` are the other ways (scripts/standins/base.py).
`GET /__sandbox__/calls?name=deepl` lists what was asked.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import msgspec
from aiohttp import web

from scripts.standins.azure import Azure
from scripts.standins.base import Fault, Standin, serving
from scripts.standins.booking import CITY, Booking
from scripts.standins.cloudbeds import Cloudbeds
from scripts.standins.deepl import DeepL
from scripts.standins.libretranslate import LibreTranslate
from scripts.standins.stripe import Stripe
from scripts.standins.zodomus import Zodomus

PORT = 8090
KEY = "sandbox"


class Asked(msgspec.Struct, frozen=True):
    """Faults for the next calls of one stand-in."""

    name: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = {}
    seconds: float = 0.0
    reset: str = ""
    malformed: bool = False


def admin(standins: Sequence[Standin]) -> web.Application:
    by_name = {standin.name: standin for standin in standins}

    async def faults(request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=Asked)
        fault = Fault(
            status=asked.status,
            headers=asked.headers,
            seconds=asked.seconds,
            reset=asked.reset,
            malformed=asked.malformed,
        )
        by_name[asked.name].faults.extend([fault] * asked.times)
        return web.json_response({"ok": True})

    async def calls(request: web.Request) -> web.Response:
        made = by_name[request.query["name"]].calls
        return web.json_response([[call.method, call.path, call.body] for call in made])

    app = web.Application()
    app.router.add_post("/faults", faults)
    app.router.add_get("/calls", calls)
    return app


async def main(port: int, hook: str) -> None:
    stripe = Stripe(KEY, KEY)
    standins: list[Standin] = [
        *(DeepL(KEY), Azure(KEY), LibreTranslate()),
        *(Booking(KEY), Cloudbeds(KEY), Zodomus(KEY, KEY)),
        stripe,
    ]
    async with serving(standins, port, {"/__sandbox__": admin(standins)}) as urls:
        stripe.root, stripe.hook = urls["stripe"], hook
        for line in (
            f"DEEPL_API_KEY={KEY} DEEPL_BASE_URL={urls['deepl']}",
            f"AZURE_TRANSLATOR_KEY={KEY} AZURE_TRANSLATOR_BASE_URL={urls['azure']}",
            f"LIBRETRANSLATE_URL={urls['libretranslate']}",
            f"BOOKING_API_TOKEN={KEY} BOOKING_AFFILIATE_ID=1 BOOKING_CITY={CITY}"
            f" BOOKING_BASE_URL={urls['booking']}",
            f"CLOUDBEDS_API_KEY={KEY} CLOUDBEDS_BASE_URL={urls['cloudbeds']}",
            f"ZODOMUS_USER={KEY} ZODOMUS_PASSWORD={KEY} ZODOMUS_BASE_URL={urls['zodomus']}",
            f"STRIPE_API_KEY={KEY} STRIPE_WEBHOOK_SECRET={KEY} STRIPE_BASE_URL={urls['stripe']}",
        ):
            print(line, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument(
        "--hook",
        default="http://127.0.0.1:8000/webhooks/stripe",
        help="where the stand-in of Stripe sends its webhooks",
    )
    given = parser.parse_args()
    try:
        asyncio.run(main(given.port, given.hook))
    except KeyboardInterrupt:
        sys.exit(130)
