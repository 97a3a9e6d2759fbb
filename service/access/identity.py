"""From the credentials of a request to a viewer."""

from __future__ import annotations

import asyncio
import hmac
from pathlib import Path

from service.access.oidc import Issuer, Oidc
from service.access.tokens import PREFIX, Refused, Tokens
from service.access.viewer import EVERYBODY, PUBLIC, Viewer
from service.settings import Settings

SCHEME = "bearer"


class Identity:
    """Knows viewers by their credentials, as the settings say. Raises ValueError where they do not fit together."""

    def __init__(self, settings: Settings) -> None:
        self._tokens = Tokens(Path(settings.tokens_file)) if settings.tokens_file else None
        self._secret = settings.secret
        if self._tokens is not None:
            self._tokens.check()
        self._oidc = _oidc(settings, bool(settings.secret or (self._tokens and self._tokens.secret)))

    @property
    def configured(self) -> bool:
        """Whether anybody is asked who they are."""
        return self._tokens is not None or self._oidc is not None

    async def viewer(self, authorization: str | None) -> Viewer:
        """Who an `Authorization` header stands for; without one the public. Raises Refused or Unavailable."""
        if not self.configured:
            return EVERYBODY
        if not authorization:
            return PUBLIC
        scheme, _, text = authorization.strip().partition(" ")
        if scheme.lower() != SCHEME or not text:
            raise Refused("the Authorization header is not `Bearer TOKEN`")
        if text.startswith(f"{PREFIX}_"):
            if self._tokens is None:
                raise Refused("API tokens are not taken here")
            return self._tokens.viewer(text)
        if self._oidc is None:
            raise Refused("the token is not known here")
        return await asyncio.to_thread(self._oidc.viewer, text)

    def pseudonym(self, viewer: Viewer, kind: str, key: str) -> str:
        """What a thing is called that is withheld from a viewer: the same each time, another for each viewer.

        Raises ValueError where there is no secret to make it with: anybody could then make, and so guess, them all.
        """
        secret = self._secret or (self._tokens.secret if self._tokens is not None else "")
        if not secret:
            raise ValueError("there is no secret to make pseudonyms with: the file of tokens is gone or new")
        text = "\0".join((viewer.role, viewer.organization or viewer.name, kind, key))
        return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()[:20]


def _oidc(settings: Settings, has_secret: bool) -> Oidc | None:
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_audience:
        raise ValueError("VOLTRACE_OIDC_AUDIENCE is missing: tokens of the issuer for other services would be taken")
    if not has_secret:
        way_out = ", or make a first token in VOLTRACE_TOKENS_FILE" if settings.tokens_file else ""
        raise ValueError(f"VOLTRACE_SECRET is missing: it hides withheld keys, the same way in all processes{way_out}")
    return Oidc(
        Issuer(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_jwks_url,
            tuple(settings.oidc_algorithms.replace(",", " ").split()),
            settings.oidc_role_claim,
            settings.oidc_organization_claim,
        )
    )
