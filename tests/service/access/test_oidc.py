"""Tokens of an OpenID Connect issuer: a real one, over HTTP."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service.access import oidc
from service.access.oidc import Issuer, Oidc
from service.access.tokens import Refused
from service.access.viewer import Role, Viewer

AUDIENCE = "voltrace"


class FakeIssuer:
    """Publishes its discovery document and keys, and counts who asks."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.asked = 0
        self.up = True
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = {"/.well-known/openid-configuration": {"jwks_uri": f"{issuer.url}/keys"}}.get(self.path)
                if self.path == "/keys":
                    issuer.asked += 1
                    found = {"keys": [issuer.public(name) for name in issuer.keys]}
                self.send_response(200 if found and issuer.up else 503)
                self.end_headers()
                self.wfile.write(orjson.dumps(found))

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name: str, curve: bool = False) -> None:
        self.keys[name] = (
            ec.generate_private_key(ec.SECP256R1())
            if curve
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )

    def public(self, name: str) -> dict[str, Any]:
        key = self.keys[name]
        kind = (
            jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
        )
        return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": name, "use": "sig"}

    def token(self, name: str, algorithm: str = "RS256", **claims: Any) -> str:
        stated = {
            "iss": self.url,
            "aud": AUDIENCE,
            "exp": time.time() + 60,
            "sub": "ada",
            "voltrace_role": "participant",
            "voltrace_organization": "MAKER",
            **claims,
        }
        stated = {claim: value for claim, value in stated.items() if value is not None}
        return jwt.encode(stated, self.keys[name], algorithm, headers={"kid": name})


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    made = FakeIssuer()
    made.add("first")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def checks(issuer: FakeIssuer) -> Oidc:
    return Oidc(Issuer(issuer.url, AUDIENCE))


def test_a_token_stands_for_its_viewer(issuer: FakeIssuer, checks: Oidc) -> None:
    assert checks.viewer(issuer.token("first")) == Viewer(Role.PARTICIPANT, "MAKER", "ada")
    none_said = issuer.token("first", voltrace_role=None, voltrace_organization=None)
    assert checks.viewer(none_said).role is Role.PUBLIC
    for _ in range(5):
        checks.viewer(issuer.token("first"))
    assert issuer.asked == 1, "the keys are kept"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"nbf": 4e9}, "not yet valid"),
        ({"aud": "another"}, "[Aa]udience"),
        ({"aud": None}, "aud"),
        ({"iss": "https://elsewhere"}, "[Ii]ssuer"),
        ({"voltrace_role": "king"}, "'king' is no role"),
        ({"voltrace_organization": None}, "needs an organization"),
    ],
)
def test_what_is_refused(issuer: FakeIssuer, checks: Oidc, claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        checks.viewer(issuer.token("first", **claims))


def test_other_algorithms_and_keys_are_refused(issuer: FakeIssuer, checks: Oidc) -> None:
    stated = {"iss": issuer.url, "aud": AUDIENCE, "exp": time.time() + 60, "voltrace_role": "admin"}
    unsigned = jwt.encode(stated, None, "none", headers={"kid": "first"})
    shared = jwt.encode(stated, orjson.dumps(issuer.public("first")) * 2, "HS256", headers={"kid": "first"})
    for text in (unsigned, shared):
        with pytest.raises(Refused, match="signed by"):
            checks.viewer(text)
    stranger = FakeIssuer()
    stranger.add("first")
    with pytest.raises(Refused, match=r"[Ss]ignature"):
        checks.viewer(jwt.encode(stated, stranger.keys["first"], "RS256", headers={"kid": "first"}))
    stranger.server.shutdown()
    stranger.server.server_close()
    for text in ("", "a.b.c", "x" * 10_000):
        with pytest.raises(Refused):
            checks.viewer(text)


def test_a_new_key_is_found_and_an_invented_one_not_asked_for_again(
    issuer: FakeIssuer, checks: Oidc, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.viewer(issuer.token("first"))
    issuer.add("second", curve=True)
    monkeypatch.setattr(oidc, "FETCH_PAUSE_S", 0.0)
    assert checks.viewer(issuer.token("second", "ES256")).organization == "MAKER"
    monkeypatch.setattr(oidc, "FETCH_PAUSE_S", 60.0)
    asked = issuer.asked
    for number in range(5):
        with pytest.raises(Refused, match="no key"):
            checks.viewer(jwt.encode({}, issuer.keys["first"], "RS256", headers={"kid": f"invented-{number}"}))
    assert issuer.asked == asked


def test_keys_stay_in_use_while_the_issuer_is_away(
    issuer: FakeIssuer, checks: Oidc, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.up = False
    with pytest.raises(Refused, match="cannot be read now"):
        checks.viewer(issuer.token("first"))
    issuer.up = True
    monkeypatch.setattr(oidc, "FETCH_PAUSE_S", 0.0)
    checks.viewer(issuer.token("first"))
    issuer.up = False
    monkeypatch.setattr(oidc, "KEYS_KEPT_S", 0.0)
    assert checks.viewer(issuer.token("first")).organization == "MAKER"
