"""JSON Web Tokens of an OpenID Connect issuer, checked against its published keys."""

from __future__ import annotations

import threading
import time
import urllib.request
from typing import Any, NamedTuple

import jwt
import orjson

from service.access.tokens import Refused
from service.access.viewer import Viewer, viewer_of

KEYS_KEPT_S = 600.0
"""How long the issuer's keys are used before they are fetched again."""
FETCH_PAUSE_S = 10.0
"""The least time between two fetches that unknown key ids cause."""
TIMEOUT_S = 5.0
ANSWER_MAX_BYTES = 1 << 20


class Issuer(NamedTuple):
    """Whom to believe, and which claims say what somebody may do."""

    issuer: str
    audience: str
    jwks_url: str = ""
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    role_claim: str = "voltrace_role"
    organization_claim: str = "voltrace_organization"


class Oidc:
    """Checks tokens of an issuer. Its keys are kept, and fetched again when they are old or a key id is unknown.

    `viewer` blocks while it fetches: call it on a worker thread.
    """

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = float("-inf")
        self._lock = threading.Lock()

    def viewer(self, text: str) -> Viewer:
        """Who a token stands for. Raises Refused with the reason."""
        issuer = self._issuer
        try:
            header = jwt.get_unverified_header(text)
            claims = jwt.decode(
                text,
                self._key(header),
                algorithms=list(issuer.algorithms),
                audience=issuer.audience,
                issuer=issuer.issuer,
                options={"require": ["exp", "iss", "aud"]},
            )
            return viewer_of(
                str(claims.get(issuer.role_claim, "public")),
                claims.get(issuer.organization_claim),
                str(claims.get("sub", "")),
            )
        except jwt.PyJWTError as error:
            raise Refused(f"the token is not valid: {error}") from error
        except ValueError as error:
            raise Refused(f"the token says too little: {error}") from error

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        taken = self._issuer.algorithms
        if header.get("alg") not in taken:
            raise Refused(f"the token is signed by {header.get('alg')!r}; taken is {', '.join(taken)}")
        name = str(header.get("kid", ""))
        with self._lock:
            age = time.monotonic() - self._fetched
            if age > KEYS_KEPT_S or (name not in self._keys and age > FETCH_PAUSE_S):
                self._fetch()
            if name not in self._keys:
                raise Refused(f"the issuer has no key {name!r}")
            return self._keys[name]

    def _fetch(self) -> None:
        """Read the keys; those that were read before stay in use where the issuer does not answer."""
        self._fetched = time.monotonic()
        try:
            url = self._issuer.jwks_url
            if not url:
                url = _get(self._issuer.issuer.rstrip("/") + "/.well-known/openid-configuration")["jwks_uri"]
            self._keys = {
                one["kid"]: jwt.PyJWK(one)
                for one in _get(url)["keys"]
                if one.get("use", "sig") == "sig" and one.get("kid") and one.get("kty") != "oct"
            }
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            if not self._keys:
                raise Refused("the keys of the issuer cannot be read now; try again") from error


def _get(url: str) -> Any:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url!r} is no address of keys")
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        return orjson.loads(answer.read(ANSWER_MAX_BYTES))
