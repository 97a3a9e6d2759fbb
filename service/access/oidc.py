"""JSON Web Tokens of an OpenID Connect issuer, checked against its published keys."""

from __future__ import annotations

import logging
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

import jwt
import orjson

from service.access.tokens import Refused, Unavailable
from service.access.viewer import Viewer, viewer_of

LOGGER = logging.getLogger("voltrace")

KEYS_KEPT_S = 600.0
"""How long the issuer's keys are used before they are fetched again."""
FETCH_PAUSE_S = 10.0
"""The least time between two fetches that unknown key ids cause."""
TIMEOUT_S = 5.0
LEEWAY_S = 10.0
"""So far the clock of the issuer may be from ours."""
ANSWER_MAX_BYTES = 1 << 20


_CLAIMS = {
    jwt.ExpiredSignatureError: "exp",
    jwt.InvalidAudienceError: "aud",
    jwt.InvalidIssuerError: "iss",
}
"""Which claim an error is about, where its text does not say so."""


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
        self._fetching = threading.Lock()

    def viewer(self, text: str) -> Viewer:
        """Who a token stands for. Raises Refused with the reason, Unavailable where the issuer does not answer."""
        issuer = self._issuer
        try:
            header = jwt.get_unverified_header(text)
            claims = jwt.decode(
                text,
                self._key(header),
                algorithms=list(issuer.algorithms),
                audience=issuer.audience,
                issuer=issuer.issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud"]},
            )
            organization = claims.get(issuer.organization_claim)
            if not isinstance(organization, str | None):
                raise Refused(f"the claim {issuer.organization_claim} is not the key of one organization, a string")
            role = _one(claims.get(issuer.role_claim, "public"))
            if not isinstance(role, str):
                raise Refused(f"the claim {issuer.role_claim} is not one role, a string or a list of one")
            try:
                return viewer_of(role, organization, str(claims.get("sub", "")))
            except ValueError as error:
                told = f"the claims {issuer.role_claim}, {issuer.organization_claim} say too little"
                raise Refused(f"{told}: {error}") from error
        except jwt.PyJWTError as error:
            claim = next((f" ({name})" for kind, name in _CLAIMS.items() if isinstance(error, kind)), "")
            raise Refused(f"the token is not valid: {error}{claim}") from error
        except ValueError as error:
            raise Refused(f"the token says too little: {error}") from error

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        taken = self._issuer.algorithms
        if header.get("alg") not in taken:
            raise Refused(f"the token is signed by {header.get('alg')!r}; taken is {', '.join(taken)}")
        name = header.get("kid", "")
        if not isinstance(name, str):
            raise Refused("the kid of the token, which names the issuer's key, is no string")
        if self._due(name) or (not self._keys and self._fetching.locked()):
            self._renew(name)
        known = self._keys.get(name)
        if not name and len(self._keys) == 1:
            (known,) = self._keys.values()
        if known is not None:
            return known
        if not name and self._keys:
            raise Refused(f"the token names no key (kid), and the issuer has {len(self._keys)}")
        if self._fetching.locked() or not self._keys:
            raise Unavailable("the keys of the issuer cannot be read now; try again")
        raise Refused(f"the issuer has no key {name!r}")

    def _due(self, name: str) -> bool:
        """Whether the keys are to be read again, for a token that names a key."""
        age = time.monotonic() - self._fetched
        known = name in self._keys or (not name and bool(self._keys))
        return age > KEYS_KEPT_S or (not known and age > FETCH_PAUSE_S)

    def _renew(self, name: str) -> None:
        """Read the keys, one thread at a time. Others wait only while there are none, so that nobody can be known."""
        if not self._fetching.acquire(blocking=not self._keys):
            return
        try:
            if self._due(name):
                self._fetch()
        finally:
            self._fetching.release()

    def _fetch(self) -> None:
        """Read the keys; those that were read before stay in use where the issuer does not answer."""
        self._fetched = time.monotonic()
        try:
            url = self._issuer.jwks_url
            if not url:
                url = _get(self._issuer.issuer.rstrip("/") + "/.well-known/openid-configuration")["jwks_uri"]
            self._keys = dict(_usable(list(_get(url)["keys"])))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            LOGGER.error("the keys of the issuer %s cannot be read: %s", self._issuer.issuer, error)


def _one(stated: Any) -> Any:
    """What a claim states; of a list of one, that: some issuers state every role so."""
    return stated[0] if isinstance(stated, list) and len(stated) == 1 else stated


def _usable(keys: list[Any]) -> Iterator[tuple[str, jwt.PyJWK]]:
    """The keys that tokens can be checked with, by their ids. One of a kind unknown here leaves the others."""
    for one in keys:
        if not isinstance(one, dict) or not isinstance(one.get("kid", ""), str) or one.get("kty") == "oct":
            continue
        if one.get("use", "sig") != "sig":
            continue
        try:
            yield one.get("kid", ""), jwt.PyJWK(one)
        except Exception as error:  # what a library of cryptography raises for a key is not one kind of error
            LOGGER.warning("the key %r of the issuer is not usable: %s", one.get("kid", ""), error)


def _get(url: str) -> Any:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url!r} is no address of keys")
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        return orjson.loads(answer.read(ANSWER_MAX_BYTES))
