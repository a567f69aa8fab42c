"""Redis over TLS: commands and subscriptions, for those only who can be sure whom they talk to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis.exceptions import ConnectionError

from hub.embedded.engine import HOST
from hub.embedded.processes import free_port
from hub.lines import Lines
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


def certify(folder: Path) -> None:
    """Make a certificate for this machine that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


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
