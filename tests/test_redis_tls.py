"""Redis over TLS: commands and subscriptions, for those only who can be sure whom they talk to."""

from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ConnectionError

from hub.embedded.engine import HOST
from hub.embedded.processes import free_port
from hub.lines import Lines
from scripts.mishaps.certificate import certify
from state.live import client
from tests.processes import until
from tests.redises import QUOTED, Server


@pytest.fixture(scope="module")
async def encrypted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    certify(folder)
    files = {name: folder / file for name, file in FILES.items()}
    made = Server(folder / "server", **{"tls-port": free_port(), "tls-auth-clients": "no", **files})
    await made.start()
    yield made
    await made.kill()


FILES = {
    "tls-cert-file": "certificate.pem",
    "tls-key-file": "key.pem",
    "tls-ca-cert-file": "certificate.pem",
}


def url(server: Server, options: str = "") -> str:
    return f"rediss://:{QUOTED}@{HOST}:{server.more['tls-port']}{options}"


async def test_commands_and_subscriptions_work(encrypted: Server) -> None:
    trusted = url(encrypted, f"?ssl_ca_certs={encrypted.more['tls-ca-cert-file']}")
    heard: list[bytes] = []
    async with client.connect(trusted) as redis:
        await redis.answers()
        lines = Lines(redis, lambda: None)
        subscribed = lines.subscribe("{r:1}:events", heard.append)
        lines.start()
        await until(subscribed.confirmed.is_set)
        long = b"x" * 300_000
        assert await redis.call("{r:1}:", "SPUBLISH", "{r:1}:events", long) == 1
        await until(lambda: heard == [long])
        await lines.close()


async def test_a_server_that_nobody_vouches_for_is_away(encrypted: Server) -> None:
    async with client.connect(url(encrypted)) as redis:
        with pytest.raises(ConnectionError, match="certificate"):
            await redis.answers()
