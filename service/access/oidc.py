"""JSON Web Tokens of an OpenID Connect issuer, checked against its published keys."""

from __future__ import annotations

import logging
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import jwt
import orjson

from service.access.tokens import Refused, Unavailable
from service.access.viewer import Viewer, viewer_of

LOGGER = logging.getLogger("voltrace")

KEYS_KEPT_S = 600.0
"""How long the issuer's keys are used before they are fetched again."""
FETCH_PAUSE_S = 10.0
"""The least time between two fetches that tokens of unknown keys cause."""
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


class Key(NamedTuple):
    """A key as the issuer publishes it (a JSON Web Key), and its `kid`, "" where it has none."""

    name: str
    stated: dict[str, Any]

    def made_for(self, algorithm: str) -> jwt.PyJWK | None:
        """What checks signatures of an algorithm; None where the key is for another, or of another kind."""
        if self.stated.get("alg", algorithm) != algorithm:
            return None
        made = jwt.PyJWK(self.stated)
        if made.algorithm_name == algorithm:
            return made
        kinds = (made.Algorithm, jwt.algorithms.get_default_algorithms()[algorithm])
        both_rsa = all(isinstance(kind, jwt.algorithms.RSAAlgorithm) for kind in kinds)
        return jwt.PyJWK(self.stated, algorithm) if both_rsa else None


class Oidc:
    """Checks tokens of an issuer. Its keys are kept, and fetched again when they are old or none fits a token.

    `viewer` blocks while it fetches: call it on a worker thread.
    """

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: list[Key] = []
        self._fetched = float("-inf")
        self._fetching = threading.Lock()

    def viewer(self, text: str) -> Viewer:
        """Who a token stands for. Raises Refused with the reason, Unavailable where the issuer does not answer."""
        issuer = self._issuer
        try:
            claims = self._claims(text)
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

    def _claims(self, text: str) -> dict[str, Any]:
        """What a token claims, by a key of the issuer. Where its key has no name that says so, that it is signed by
        none of them may mean that there are newer ones."""
        header = jwt.get_unverified_header(text)
        algorithm, name = header.get("alg"), header.get("kid", "")
        taken = self._issuer.algorithms
        if algorithm not in taken:
            raise Refused(f"the token is signed by {algorithm!r}; taken is {', '.join(taken)}")
        if not isinstance(name, str):
            raise Refused("the kid of the token, which names the issuer's key, is no string")
        keys = self._named(name)
        if self._due(bool(keys)) or (not self._keys and self._fetching.locked()):
            self._renew(bool(keys))
            keys = self._named(name)
        if not keys:
            self._refuse(name)
        try:
            return self._decoded(text, keys, algorithm)
        except jwt.InvalidSignatureError:
            if any(key.name == name != "" for key in keys) or not self._due(False):
                raise
            self._renew(False)
            return self._decoded(text, self._named(name), algorithm)

    def _named(self, name: str) -> list[Key]:
        """The keys that a token may be signed with: those of its `kid`, else those without one; of a token that names
        none, any (RFC 7515, 4.1.4: a hint)."""
        if not name:
            return self._keys
        return [key for key in self._keys if key.name == name] or [key for key in self._keys if not key.name]

    def _decoded(self, text: str, keys: list[Key], algorithm: str) -> dict[str, Any]:
        """The claims by the first key that the token is signed with. Raises PyJWTError, Refused where none fits."""
        issuer = self._issuer
        failed: jwt.PyJWTError | None = None
        for key in keys:
            made = key.made_for(algorithm)
            if made is None:
                continue
            try:
                claims: dict[str, Any] = jwt.decode(
                    text,
                    made,
                    algorithms=list(issuer.algorithms),
                    audience=issuer.audience,
                    issuer=issuer.issuer,
                    leeway=LEEWAY_S,
                    options={"require": ["exp", "iss", "aud"]},
                )
                return claims
            except jwt.InvalidSignatureError as error:
                failed = error
        if failed is not None:
            raise failed
        raise Refused(f"the issuer has no key of this kind for {algorithm}, by which the token is signed")

    def _refuse(self, name: str) -> NoReturn:
        """Nothing is there to check a token with. Raises Refused, Unavailable."""
        if self._fetching.locked() or not self._keys:
            raise Unavailable("the keys of the issuer cannot be read now; try again")
        raise Refused(f"the issuer has no key {name!r}")

    def _due(self, found: bool) -> bool:
        """Whether the keys are to be read again, for a token whose key is `found` among them or not."""
        age = time.monotonic() - self._fetched
        return age > KEYS_KEPT_S or (not found and age > FETCH_PAUSE_S)

    def _renew(self, found: bool) -> None:
        """Read the keys, one thread at a time. Others wait only while there are none, so that nobody can be known."""
        if not self._fetching.acquire(blocking=not self._keys):
            return
        try:
            if self._due(found):
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
            self._keys = list(_usable(list(_get(url)["keys"])))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            LOGGER.error("the keys of the issuer %s cannot be read: %s", self._issuer.issuer, error)


def _one(stated: Any) -> Any:
    """What a claim states; of a list of one, that: some issuers state every role so."""
    return stated[0] if isinstance(stated, list) and len(stated) == 1 else stated


def _usable(keys: list[Any]) -> Iterator[Key]:
    """The keys that tokens can be checked with. One of a kind unknown here leaves the others."""
    for one in keys:
        if not isinstance(one, dict) or not isinstance(one.get("kid", ""), str) or one.get("kty") == "oct":
            continue
        if one.get("use", "sig") != "sig":
            continue
        try:
            jwt.PyJWK(one)
            yield Key(one.get("kid", ""), one)
        except Exception as error:  # what a library of cryptography raises for a key is not one kind of error
            LOGGER.warning("the key %r of the issuer is not usable: %s", one.get("kid", ""), error)


def _get(url: str) -> Any:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url!r} is no address of keys")
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        return orjson.loads(answer.read(ANSWER_MAX_BYTES))
