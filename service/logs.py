"""Logs: a line for each request and each unexpected error, each with the id of its request."""

from __future__ import annotations

import logging
import sys
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
HEADER = "X-Request-ID"
ID_LENGTH_MAX = 64
FORMATS = ("text", "json")
FIELDS = ("method", "path", "status", "ms", "client")


def request_id(stated: str | None) -> str:
    """The id that a request states, where it is fit for a log; else a new one."""
    if stated and len(stated) <= ID_LENGTH_MAX and all(sign.isalnum() or sign in "-_.:" for sign in stated):
        return stated
    return uuid.uuid4().hex


class Json(logging.Formatter):
    """A JSON object a line: time, level, logger, message, requestId, and what else the record states."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "requestId": REQUEST_ID.get(),
        }
        told |= {name: getattr(record, name, None) for name in FIELDS}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return orjson.dumps({name: value for name, value in told.items() if value is not None}).decode()


class Text(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        when = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{when} {record.levelname.lower()} {record.getMessage()}"
        known = REQUEST_ID.get()
        if known is not None:
            line += f" [{known}]"
        return line + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


def configure(form: str, level: str) -> None:
    """Send all logs to standard error in a format, from a level on. Raises ValueError naming the setting."""
    if form not in FORMATS:
        raise ValueError(f"VOLTRACE_LOG_FORMAT is {form!r}; it takes {' or '.join(FORMATS)}")
    if level.upper() not in logging.getLevelNamesMapping():
        raise ValueError(f"VOLTRACE_LOG_LEVEL is {level!r}; it takes debug, info, warning or error")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.getLogger("neo4j").setLevel(logging.WARNING)
