"""Tokens of an OpenID Connect issuer: a real one, over HTTP."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.testclient import TestClient

from service.access import oidc
from service.access.identity import Identity
from service.access.oidc import Issuer, Oidc
from service.access.tokens import Refused, Tokens, Unavailable
from service.access.viewer import Role, Viewer
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore

AUDIENCE = "voltrace"


class FakeIssuer:
    """Publishes its discovery document and keys, and counts who asks."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.asked = 0
        self.up = True
        self.more: list[Any] = []
        self.answers = Event()
        self.answers.set()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = {"/.well-known/openid-configuration": {"jwks_uri": f"{issuer.url}/keys"}}.get(self.path)
                if self.path == "/keys":
                    issuer.asked += 1
                    issuer.answers.wait(30)
                    found = {"keys": [*issuer.more, *(issuer.public(name) for name in issuer.keys)]}
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
    without_role = checks.viewer(issuer.token("first", voltrace_role=None))
    assert without_role == Viewer(Role.PUBLIC, None, "ada"), "it sees nothing as that organization"
    for _ in range(5):
        checks.viewer(issuer.token("first"))
    assert issuer.asked == 1, "the keys are kept"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1}, r"expired \(exp\)"),
        ({"exp": None}, "exp"),
        ({"nbf": 4e9}, "not yet valid"),
        ({"aud": "another"}, r"[Aa]udience.* \(aud\)"),
        ({"iat": 4e9}, "iat"),
        ({"aud": None}, "aud"),
        ({"iss": "https://elsewhere"}, r"[Ii]ssuer.* \(iss\)"),
        ({"voltrace_role": "king"}, "voltrace_role.*'king' is no role"),
        ({"voltrace_role": ["participant", "admin"]}, "voltrace_role is not one role"),
        ({"voltrace_role": []}, "voltrace_role is not one role"),
        ({"voltrace_role": [["admin"]]}, "voltrace_role is not one role"),
        ({"voltrace_organization": None}, "voltrace_organization.*needs an organization"),
    ],
)
def test_what_is_refused(issuer: FakeIssuer, checks: Oidc, claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        checks.viewer(issuer.token("first", **claims))


def test_a_role_may_be_the_only_one_of_a_list(issuer: FakeIssuer, checks: Oidc) -> None:
    assert checks.viewer(issuer.token("first", voltrace_role=["participant"])).role is Role.PARTICIPANT


def test_the_issuers_clock_may_be_a_little_different(
    issuer: FakeIssuer, checks: Oidc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "LEEWAY_S", 600.0)
    near = {"nbf": time.time() + 300, "iat": time.time() + 300, "exp": time.time() - 300}
    assert checks.viewer(issuer.token("first", **near)).organization == "MAKER"
    monkeypatch.undo()
    for claim, value in near.items():
        with pytest.raises(Refused, match=claim):
            checks.viewer(issuer.token("first", **{claim: value}))


@pytest.mark.parametrize("named", [True, False])
def test_a_token_that_names_no_key_is_of_the_only_one(issuer: FakeIssuer, checks: Oidc, named: bool) -> None:
    """Whether or not the issuer names that."""
    stated = issuer.public("first")
    issuer.more = [stated if named else {name: value for name, value in stated.items() if name != "kid"}]
    key, issuer.keys = issuer.keys["first"], {}
    claims = {"iss": issuer.url, "aud": AUDIENCE, "exp": time.time() + 60, "voltrace_role": "regulator"}
    text = jwt.encode(claims, key, "RS256")
    for _ in range(3):
        assert checks.viewer(text).role is Role.REGULATOR
    assert issuer.asked == 1


def _nameless(issuer: FakeIssuer, *names: str, **stated: str) -> None:
    """Have the issuer publish these keys without `kid`."""
    keys = [issuer.public(name) for name in names]
    issuer.more = [{**{name: one for name, one in key.items() if name != "kid"}, **stated} for key in keys]


def _signed(issuer: FakeIssuer, name: str, algorithm: str = "RS256", headers: Any = None) -> str:
    claims = {"iss": issuer.url, "aud": AUDIENCE, "exp": time.time() + 60, "voltrace_role": "regulator"}
    return jwt.encode(claims, issuer.keys[name], algorithm, headers=headers)


def _hidden(issuer: FakeIssuer, *names: str) -> FakeIssuer:
    """The issuer, which keeps these keys and publishes none of them by itself."""
    other = FakeIssuer()
    for name in names:
        other.add(name, curve=name.startswith("curve"))
    other.server.shutdown()
    other.server.server_close()
    other.url = issuer.url
    issuer.keys = {}
    return other


def test_each_key_that_fits_is_tried_where_several_have_no_name(issuer: FakeIssuer, checks: Oidc) -> None:
    hidden = _hidden(issuer, "a", "b", "curve", "stranger")
    _nameless(hidden, "a", "b", "curve")
    issuer.more = hidden.more
    for name, algorithm in (("a", "RS256"), ("b", "RS256"), ("curve", "ES256")):
        for headers in (None, {"kid": "unknown"}):
            assert checks.viewer(_signed(hidden, name, algorithm, headers)).role is Role.REGULATOR
    assert issuer.asked == 1
    with pytest.raises(Refused, match=r"[Ss]ignature"):
        checks.viewer(_signed(hidden, "stranger"))
    with pytest.raises(Refused, match=r"expired \(exp\)"):
        checks.viewer(jwt.encode({"iss": issuer.url, "aud": AUDIENCE, "exp": 1}, hidden.keys["b"], "RS256"))


def test_a_key_without_a_name_does_not_stand_for_one_with_it(issuer: FakeIssuer, checks: Oidc) -> None:
    hidden = _hidden(issuer, "a", "b")
    _nameless(hidden, "a")
    issuer.more = [*hidden.more, hidden.public("b")]
    assert checks.viewer(_signed(hidden, "b", headers={"kid": "b"})).role is Role.REGULATOR
    assert checks.viewer(_signed(hidden, "b")).role is Role.REGULATOR
    with pytest.raises(Refused, match=r"[Ss]ignature"):
        checks.viewer(_signed(hidden, "a", headers={"kid": "b"}))


def test_a_key_without_a_name_that_is_new_is_found(
    issuer: FakeIssuer, checks: Oidc, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = _hidden(issuer, "old", "new")
    _nameless(hidden, "old")
    issuer.more = hidden.more
    checks.viewer(_signed(hidden, "old"))
    _nameless(hidden, "new")
    issuer.more = hidden.more
    for _ in range(3):
        with pytest.raises(Refused, match=r"[Ss]ignature"):
            checks.viewer(_signed(hidden, "new"))
    assert issuer.asked == 1, "not sooner than FETCH_PAUSE_S"
    monkeypatch.setattr(oidc, "FETCH_PAUSE_S", 0.0)
    assert checks.viewer(_signed(hidden, "new")).role is Role.REGULATOR
    assert issuer.asked == 2


def test_a_key_that_names_no_algorithm_is_for_all_of_its_kind(issuer: FakeIssuer) -> None:
    checks = Oidc(Issuer(issuer.url, AUDIENCE, algorithms=("RS256", "RS512", "PS256", "ES256")))
    for algorithm in ("RS256", "RS512", "PS256"):
        assert checks.viewer(_signed(issuer, "first", algorithm, {"kid": "first"})).role is Role.REGULATOR
    hidden = _hidden(issuer, "a", "curve")
    _nameless(hidden, "a", alg="RS512")
    issuer.more = hidden.more
    checks = Oidc(Issuer(issuer.url, AUDIENCE, algorithms=("RS256", "RS512", "ES256")))
    assert checks.viewer(_signed(hidden, "a", "RS512")).role is Role.REGULATOR
    for name, algorithm in (("a", "RS256"), ("curve", "ES256")):
        with pytest.raises(Refused, match=f"no key of this kind for {algorithm}"):
            checks.viewer(_signed(hidden, name, algorithm))


def test_a_token_that_names_no_key_of_several_is_tried_with_each(issuer: FakeIssuer, checks: Oidc) -> None:
    issuer.add("second")
    for name in ("first", "second"):
        assert checks.viewer(_signed(issuer, name)).role is Role.REGULATOR


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


UNUSABLE: dict[str, Any] = {
    "another curve": {"kty": "OKP", "crv": "X448", "kid": "bad", "x": "AA", "use": "sig"},
    "a broken RSA key": {"kty": "RSA", "kid": "bad", "n": "AA", "e": "!", "use": "sig"},
    "an unknown kind": {"kty": "LMS", "kid": "bad"},
    "no object": "bad",
    "an id that is no text": {"kty": "RSA", "kid": 5},
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_one_unusable_key_leaves_the_others(issuer: FakeIssuer, checks: Oidc, what: str) -> None:
    issuer.more = [UNUSABLE[what]]
    assert checks.viewer(issuer.token("first")).organization == "MAKER"
    with pytest.raises(Refused, match="no key 'bad'"):
        checks.viewer(jwt.encode({}, issuer.keys["first"], "RS256", headers={"kid": "bad"}))


@pytest.mark.parametrize("claim", [["MAKER"], {"key": "MAKER"}, 5, True])
def test_an_organization_is_one_text(issuer: FakeIssuer, checks: Oidc, claim: Any) -> None:
    with pytest.raises(Refused, match="voltrace_organization is not the key of one organization"):
        checks.viewer(issuer.token("first", voltrace_organization=claim))


def test_known_keys_are_used_while_others_are_fetched(
    issuer: FakeIssuer, checks: Oidc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread asks the issuer, which takes its time; nobody else waits for it."""
    checks.viewer(issuer.token("first"))
    monkeypatch.setattr(oidc, "KEYS_KEPT_S", 0.0)
    issuer.answers.clear()
    asked = issuer.asked
    slow = Thread(target=lambda: checks.viewer(issuer.token("first")))
    slow.start()
    while issuer.asked == asked:
        time.sleep(0.01)
    assert checks.viewer(issuer.token("first")).organization == "MAKER"
    with pytest.raises(Unavailable, match="try again"):
        checks.viewer(jwt.encode({}, issuer.keys["first"], "RS256", headers={"kid": "second"}))
    assert issuer.asked == asked + 1
    issuer.answers.set()
    slow.join()


def test_the_first_tokens_wait_for_the_keys(issuer: FakeIssuer, checks: Oidc) -> None:
    issuer.answers.clear()
    with ThreadPoolExecutor(4) as pool:
        first = [pool.submit(checks.viewer, issuer.token("first")) for _ in range(4)]
        while not issuer.asked:
            time.sleep(0.01)
        issuer.answers.set()
        assert {one.result().organization for one in first} == {"MAKER"}
    assert issuer.asked == 1


def test_that_nobody_can_be_known_now_is_not_the_clients_mistake(issuer: FakeIssuer, tmp_path: Path) -> None:
    issuer.up = False
    settings = Settings(store="memory:", oidc_issuer=issuer.url, oidc_audience=AUDIENCE, secret="s" * 32)
    with TestClient(create_app(MemoryStore(), settings)) as client:
        headers = {"Authorization": f"Bearer {issuer.token('first')}"}
        answer = client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}


def test_there_is_no_pseudonym_without_a_secret(tmp_path: Path) -> None:
    """A hash with no secret, anybody could make of every key that there may be."""
    path = tmp_path / "tokens.json"
    stated = Settings(store="memory:", oidc_issuer="https://x", oidc_audience="us", tokens_file=str(path))
    with pytest.raises(ValueError, match=r"VOLTRACE_SECRET is missing.*make a first token in VOLTRACE_TOKENS_FILE"):
        Identity(stated)
    Tokens(path).create("first", "admin", None)
    identity = Identity(stated)
    viewer = Viewer(Role.PARTICIPANT, "MAKER")
    assert identity.pseudonym(viewer, "ITEM", "a") != identity.pseudonym(viewer, "ITEM", "b")
    path.unlink()
    with pytest.raises(ValueError, match="no secret to make pseudonyms with"):
        identity.pseudonym(viewer, "ITEM", "a")
