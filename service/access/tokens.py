"""API tokens: `voltrace token create|list|revoke`. Only a hash of each is kept, in a file that all services read."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from service.access.viewer import Viewer, viewer_of

LOGGER = logging.getLogger("voltrace")

PREFIX = "voltrace"
SECRET_BYTES = 32


class Token(BaseModel):
    """A token as the file has it; times in RFC 3339."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    role: str
    organization: str | None = None
    hash: str
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    def state(self, now: datetime) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    secret: str
    tokens: list[Token] = []


class Refused(Exception):
    """Credentials that are not taken; the text is for the client."""


class Unavailable(Refused):
    """Credentials that nobody can check now: not the client's mistake. The log has the reason."""


class Tokens:
    """The tokens of a file. It is read again when it has changed, so that a revoked token ends at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._file = _File(secret="")
        self._by_id: dict[str, Token] = {}

    @property
    def secret(self) -> str:
        """What pseudonyms are made with; empty where no token was ever made. Raises ValueError."""
        self._read()
        return self._file.secret

    def all(self) -> list[Token]:
        """Every token that was ever made, the oldest first."""
        self._read()
        return self._file.tokens

    def create(self, name: str, role: str, organization: str | None, expires: datetime | None = None) -> str:
        """Make a token and return it, which is the only time that it can be seen. Raises ValueError as `viewer_of`, and
        where the file cannot be read or written."""
        viewer_of(role, organization, name)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        with self._changing() as file:
            token = Token(
                id=secrets.token_hex(6),
                name=name,
                role=role.upper(),
                organization=organization or None,
                hash=_hash(secret),
                created=datetime.now(UTC),
                expires=expires,
            )
            file.tokens.append(token)
        return f"{PREFIX}_{token.id}_{secret}"

    def revoke(self, token_id: str) -> Token:
        """End a token. Raises KeyError where there is none of that id, ValueError as `create`."""
        with self._changing() as file:
            for token in file.tokens:
                if token.id == token_id:
                    token.revoked = token.revoked or datetime.now(UTC)
                    return token
        raise KeyError(token_id)

    def viewer(self, text: str) -> Viewer:
        """Who a token stands for. Raises Refused, Unavailable where the file cannot be read."""
        try:
            self._read()
        except ValueError as error:
            LOGGER.error("no API token can be checked: %s", error)
            raise Unavailable("API tokens cannot be checked now; try again later") from error
        _, _, rest = text.partition("_")
        token_id, _, secret = rest.partition("_")
        token = self._by_id.get(token_id)
        known = _hash("") if token is None else token.hash
        if not secrets.compare_digest(known, _hash(secret)) or token is None:
            raise Refused("the token is not known here")
        state = token.state(datetime.now(UTC))
        if state != "valid":
            raise Refused(f"the token is {state}; ask for a new one")
        return viewer_of(token.role, token.organization, token.name)

    def check(self) -> None:
        """Whether the file can be read, if there is one. Raises ValueError naming it and what is wrong with it."""
        self._read()

    def _read(self) -> None:
        try:
            found = self.path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen == self._seen:
                return
            self._file = _File.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            self._seen, self._file, self._by_id = None, _File(secret=""), {}
            return
        except OSError as error:
            raise ValueError(f"cannot read the file of tokens {self.path}: {error.strerror}") from error
        except ValidationError as error:
            raise ValueError(f"{self.path} is no file of tokens: {error.errors()[0]['msg']}") from error
        self._by_id = {token.id: token for token in self._file.tokens}
        self._seen = seen

    @contextmanager
    def _changing(self) -> Iterator[_File]:
        """The file's content, written in one go at the end; one process at a time."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_suffix(".lock")):
                self._read()
                file = self._file.model_copy(deep=True)
                file.secret = file.secret or secrets.token_urlsafe(SECRET_BYTES)
                yield file
                self._write(file)
        except OSError as error:
            raise ValueError(f"cannot write the file of tokens {self.path}: {error.strerror}") from error

    def _write(self, file: _File) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        with os.fdopen(handle, "wb") as out:
            out.write(orjson.dumps(file.model_dump(mode="json"), option=orjson.OPT_INDENT_2))
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, self.path)


def _hash(secret: str) -> str:
    """SHA-256: a token has 256 random bits, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
