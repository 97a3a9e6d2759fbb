"""A Neo4j behind TLS: who is trusted, and who is not."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.recording import RecordStatus
from service.stores.contract.telling import made, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.service.stores.proxy import Proxy
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
HERE, ELSEWHERE = x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("neo4j.elsewhere.example")
PEM = serialization.Encoding.PEM
ALWAYS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


Key = ec.EllipticCurvePrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _certificate(key: Key, says: x509.ExtensionType, by: Key, issuer: str = "an authority") -> x509.Certificate:
    """One for a key, signed by another."""
    subject = _name("a server" if key is not by else issuer)
    builder = x509.CertificateBuilder(_name(issuer), subject, key.public_key(), x509.random_serial_number(), *ALWAYS)
    return builder.add_extension(says, critical=False).sign(by, hashes.SHA256())


def _context(folder: Path, key: Key, certificate: x509.Certificate) -> ssl.SSLContext:
    """What a server needs for TLS."""
    private = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(key.private_bytes(PEM, *private) + certificate.public_bytes(PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture
def proxies(server: Server) -> Iterator[Callable[[ssl.SSLContext], Proxy]]:
    """Puts TLS before the server."""
    with ExitStack() as stack:

        def proxy(context: ssl.SSLContext) -> Proxy:
            made_proxy = Proxy(server.url, context)
            stack.callback(made_proxy.end)
            return made_proxy

        yield proxy


@contextmanager
def at(proxy: Proxy, scheme: str, server: Server) -> Iterator[Neo4jStore]:
    """A store by an address of a scheme."""
    store = Neo4jStore(proxy.url.replace("bolt", scheme, 1), server.login, retry_s=0.5)
    yield store
    RUNNER.run(store.close())


def _records(store: Neo4jStore) -> None:
    assert [one.status for one in send(store, [made("p", 1, unit("P"))])] == [RecordStatus.ACCEPTED]
    assert RUNNER.run(store.verify()) == []


def _is_refused(store: Neo4jStore) -> None:
    with pytest.raises(StoreError, match="no Neo4j answers at"):
        RUNNER.run(store.sequence_at(None))


def test_a_certificate_that_a_server_made_itself(
    server: Server, proxies: Callable[[ssl.SSLContext], Proxy], tmp_path: Path
) -> None:
    """`+ssc` takes it, `+s` does not, and nobody gets in without TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = _certificate(key, x509.SubjectAlternativeName([HERE]), key, "a server")
    proxy = proxies(_context(tmp_path, key, own))
    with at(proxy, "bolt+ssc", server) as store:
        _records(store)
    for scheme in ("bolt+s", "bolt"):
        with at(proxy, scheme, server) as store:
            _is_refused(store)


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
def test_a_certificate_of_an_authority(
    server: Server,
    proxies: Callable[[ssl.SSLContext], Proxy],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    """`+s` takes it where the authority is one of the system's, as `SSL_CERT_FILE` has it, and the name is right."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    file = tmp_path / "authority.pem"
    file.write_bytes(_certificate(authority, x509.BasicConstraints(True, None), authority).public_bytes(PEM))
    here, elsewhere = (
        proxies(_context(tmp_path, key, _certificate(key, x509.SubjectAlternativeName([name]), authority)))
        for name in (HERE, ELSEWHERE)
    )
    with at(here, scheme, server) as store:
        _is_refused(store)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with at(here, scheme, server) as store:
        _records(store)
    with at(elsewhere, scheme, server) as store:
        _is_refused(store)
