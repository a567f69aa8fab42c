"""Stand-ins of other companies for developers: at one address, each below its name.

`POST /__sandbox__/faults {"name": "deepl", "status": 429, "times": 3}` lets calls fail; `headers`,
`seconds`, `late`, `reset` (before, after), `malformed` and `path` are the other ways
(scripts/standins/base.py).
`POST /__sandbox__/mishaps {"name": "airalo", "mishap": "twice"}`: what becomes of the next message
that a company sends by itself; also `badly signed`, `swapped` and `lost`.
`POST /__sandbox__/use {"iccid": "8900...", "megabytes": 900}` uses up some of an eSIM.
`GET /__sandbox__/calls?name=deepl` lists what was asked; `/smtp/` shows the letters.
"""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from typing import Literal

import msgspec
from aiohttp import web

from scripts.standins.airalo import Airalo
from scripts.standins.azure import Azure
from scripts.standins.azurespeech import AzureSpeech
from scripts.standins.base import Fault, Standin, serving
from scripts.standins.booking import Booking
from scripts.standins.cloudbeds import Cloudbeds
from scripts.standins.deepl import DeepL
from scripts.standins.environment import KEY, environment
from scripts.standins.libretranslate import LibreTranslate
from scripts.standins.smtp import Smtp
from scripts.standins.stripe import Stripe
from scripts.standins.telling import Mishap, Telling
from scripts.standins.toncenter import Toncenter
from scripts.standins.tonrates import TonRates
from scripts.standins.zodomus import Zodomus

PORT = 8090
HUB = "http://127.0.0.1:8000"


class Asked(msgspec.Struct, frozen=True):
    """Faults for the next calls of one stand-in."""

    name: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = {}
    seconds: float = 0.0
    late: float = 0.0
    reset: Literal["", "before", "after"] = ""
    malformed: bool = False
    path: str = ""

    def fault(self) -> Fault:
        given = {name: getattr(self, name) for name in Fault._fields if hasattr(self, name)}
        return Fault(**given)


class Trouble(msgspec.Struct, frozen=True):
    name: str
    mishap: Mishap


class Use(msgspec.Struct, frozen=True):
    iccid: str
    megabytes: int


def standins() -> list[Standin]:
    """Return all of them, each as it is on its first day."""
    return [
        # Azure's ear and voice are for who wants to look at them; what this machine has is real.
        *(
            DeepL(KEY),
            Azure(KEY),
            LibreTranslate(),
            AzureSpeech(KEY, "[sandbox] Where is the toilet?"),
            Airalo(KEY, KEY),
        ),
        *(Booking(KEY), Cloudbeds(KEY), Zodomus(KEY, KEY), Stripe(KEY, KEY)),
        *(Toncenter(KEY), TonRates(), Smtp()),
    ]


def admin(standins: Sequence[Standin]) -> web.Application:
    by_name = {standin.name: standin for standin in standins}

    async def faults(request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=Asked)
        by_name[asked.name].faults.extend([asked.fault()] * asked.times)
        return web.json_response({"ok": True})

    async def mishaps(request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=Trouble)
        telling: Telling = by_name[asked.name].telling  # type: ignore[attr-defined]
        telling.mishaps.append(asked.mishap)
        return web.json_response({"ok": True})

    async def use(request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=Use)
        shop: Airalo = by_name["airalo"]  # type: ignore[assignment]
        shop.ledger.use(asked.iccid, asked.megabytes)
        return web.json_response(shop.ledger.usage[asked.iccid])

    async def calls(request: web.Request) -> web.Response:
        made = by_name[request.query["name"]].calls
        return web.json_response([[call.method, call.path, call.body] for call in made])

    app = web.Application()
    app.router.add_post("/faults", faults)
    app.router.add_post("/mishaps", mishaps)
    app.router.add_post("/use", use)
    app.router.add_get("/calls", calls)
    return app


async def main(port: int, mail_port: int, hub: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    made = standins()
    [mail] = [each for each in made if isinstance(each, Smtp)]
    web_pages = serving(made, port, {"/__sandbox__": admin(made)})
    async with web_pages as urls, mail.listening(mail_port):
        root = urls["deepl"].removesuffix("/deepl")
        for each in made:
            if isinstance(each, Stripe):
                each.root, each.hook = urls["stripe"], f"{hub}/webhooks/stripe"
            if isinstance(each, Cloudbeds):
                each.hook = f"{hub}/webhooks/cloudbeds/{KEY}"
        for known in environment(root, hub, mail_port).values():
            print(" ".join(f"{name}={value}" for name, value in known.items()), flush=True)
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--mail-port", type=int, default=PORT + 1)
    parser.add_argument("--hub", default=HUB, help="where the hub is, for what companies tell it")
    given = parser.parse_args()
    asyncio.run(main(given.port, given.mail_port, given.hub))
