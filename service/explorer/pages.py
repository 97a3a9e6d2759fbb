"""How a page is put together: its template, its language, and what a browser is allowed to do with it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse

from graph_schema.days import CHINA_TIME, day_of_text
from graph_schema.identifiers import TITLES
from graph_schema.rules import RULE_SETS
from service import __version__
from service.access.asker import Asker
from service.access.viewer import PUBLIC, Viewer
from service.explorer.moments import as_typed
from service.languages import ENGLISH, TAGS, Language, chosen
from service.phrases import translated
from service.regions import region_name
from service.scanning import can_scan

LANGUAGE_COOKIE = "voltrace-language"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of a page: nothing from elsewhere, no script in the page, and no style but its own."""

_DAY = re.compile(
    r"(?:(?<!\S)|(?<=\s\()|(?<=^\()|(?<=[（，、：；。]))\d{4}-\d{2}-\d{2}(?=[.,:;)]*(?:\s|$)|[（），、：；。])"
)
"""A day that stands alone in a sentence: what it is a part of may be the key of an item, which stays what it is."""

FINDINGS = {rule.code: rule.title for rule_set in RULE_SETS for rule in rule_set.all}
"""What each finding is called."""

_TEMPLATES = Environment(
    loader=PackageLoader("service.explorer"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def explore(key: str | tuple[str, ...], **stated: str | tuple[str, ...]) -> str:
    """The address of the page of an item's trace; what is stated several times is a tuple."""
    return f"/explore?{urlencode({'key': key} | stated, doseq=True)}"


def identity_page(key: str) -> str:
    """The address of the public page of an item."""
    return f"/id/{quote(key, safe='')}"


def organization_page(key: str) -> str:
    """The address of the page of an organization."""
    return f"/organization/{quote(key, safe='')}"


def event_page(event_id: str) -> str:
    """The address that leads to an event, beside the trace of an item that it names."""
    return f"/event/{quote(event_id, safe='')}"


def history(key: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """The address of all events of an item, as of the moments among the parameters of its trace."""
    return f"/history?{urlencode([('key', key), *(one for one in parameters if one[0] in ('asOf', 'knownAt'))])}"


def is_used_up(item: Mapping[str, Any]) -> bool:
    """Whether it is a lot of which nothing is left."""
    return item["kind"] == "LOT" and item["status"] == "AVAILABLE" and item.get("remainingKg") == 0


_TEMPLATES.globals |= {"explore": explore, "history": history, "titles": TITLES}
_TEMPLATES.globals |= {one.__name__: one for one in (identity_page, organization_page, event_page)}
_TEMPLATES.tests["used_up"] = is_used_up
_TEMPLATES.filters["stated"] = lambda pairs, name: dict(pairs).get(name, "")
_TEMPLATES.filters["as_typed"] = as_typed


def base_address(request: Request) -> str:
    """Where the public finds the service, without a slash at the end."""
    return str(request.app.state.public_url or request.base_url).rstrip("/")


def language_of(request: Request) -> Language:
    """The language of the reader: as the address says, else as chosen before, else what the browser prefers."""
    wanted = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return chosen(wanted, request.headers.get("accept-language"))


def localized(address: str, language: Language) -> str:
    """The address of a file, in the reader's language."""
    joint = "" if address.endswith("?") else "&" if "?" in address else "?"
    return address.rstrip("?") if language.is_english else f"{address}{joint}lang={language.tag}"


def said(language: Language, sentence: str) -> str:
    """A sentence that the service makes in English, in the reader's language; marked as English where it has none."""
    told = translated(language.tag, sentence)
    return _in_english(sentence) if told is None else told


def _in_english(sentence: str) -> str:
    if not any(letter.isalpha() for letter in sentence):
        return sentence
    return Markup('<span lang="{}">{}</span>').format(ENGLISH.tag, sentence)


def finding_sentence(language: Language, text: str) -> str:
    """What a finding says, in the reader's language, with days as its readers write them."""
    told = translated(language.tag, text)
    written = _DAY.sub(lambda found: _written(found[0], language), text if told is None else told)
    return _in_english(written) if told is None else written


def _written(day: str, language: Language) -> str:
    try:
        return language.date(date.fromisoformat(day))
    except ValueError:
        return day


def with_links(language: Language, name: str, /, **values: Any) -> Markup:
    """A text of the catalogue, with values that may be links."""
    return escape(language.texts[name]).format(**values)


def plain(language: Language, name: str) -> str:
    """What a role of an organization or a scope is called; one that has no translation is in plain words."""
    return (not language.is_english and translated(language.tag, name)) or name.lower().replace("_", " ")


def counted(language: Language, name: str, count: int) -> str:
    """A text of the catalogue with a count in it, in the singular where it is one and the catalogue has that."""
    one = f"{name}.one"
    return language.text(one if count == 1 and one in language.texts else name, count=language.number(count))


def status_of(language: Language, item: Mapping[str, Any]) -> str:
    """The status of an item in words; a lot of which nothing is left is used up, not available."""
    return language.text("status.USED_UP" if is_used_up(item) else f"status.{item['status']}")


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page: a template of `templates/` with values, in the reader's language.

    A template has besides: `t(name, **values)` for texts, `said(sentence)` for what the service says in English,
    `localized(address)` for files in the reader's language, `material(name)`, `region(code)` and `finding(code)`
    for their names, `language` with `number`, `mass`, `date` and `time`, `moment(text)` and `day(text)` for a time
    as the API has it, `finding_sentence(text)` for what a finding says, `nonce` for a style of its own,
    `explore(key)`, `titles` of schemes, `scans` (whether pictures of codes are read), `address` of this page,
    `sign_in` (the form that leads back to it), `in_language(tag)`, it in another language, `with_links(name,
    **values)` for texts with links in them, `plain(name)` for a role or scope, `status(item)` for a status in
    words, `counted(name, count)` for a text with a count in it, `sees_all` (whether nothing is withheld),
    `signed_in` (who, if anybody), and `synthetic` (whether the store holds a generated history).
    """
    language = language_of(request)
    nonce = secrets.token_urlsafe(16)
    body = _TEMPLATES.get_template(template).render(
        values
        | {
            "t": language.text,
            "said": partial(said, language),
            "finding_sentence": partial(finding_sentence, language),
            "material": lambda name: translated(language.tag, name) or name,
            "region": lambda code: region_name(code, language),
            "finding": lambda code: said(language, FINDINGS[code]) if code in FINDINGS else code,
            "day": lambda stated: language.date(day_of_text(stated)),
            "moment": lambda stated: language.time(datetime.fromisoformat(stated)),
            "localized": lambda address: localized(address, language),
            "language": language,
            "zone": CHINA_TIME,
            "with_links": partial(with_links, language),
            "plain": partial(plain, language),
            "status": partial(status_of, language),
            "counted": partial(counted, language),
            "sees_all": request.state.asker.viewer.sees_all,
            "synthetic": getattr(request.state, "synthetic", False),
            "languages": TAGS,
            "authenticated": request.state.asker.identity.configured,
            "signed_in": _signed_in(request.state.asker),
            "scans": can_scan(),
            "nonce": nonce,
            "version": __version__,
            "address": _path(request.url),
            "sign_in": _sign_in(request),
            "in_language": lambda tag: _path(request.url.include_query_params(lang=tag)),
        }
    )
    answer = HTMLResponse(body, status, headers=_headers(nonce, language.tag))
    if (wanted := request.query_params.get("lang")) in TAGS:
        answer.set_cookie(LANGUAGE_COOKIE, str(wanted), max_age=31_536_000, httponly=True, samesite="lax")
    return answer


def _signed_in(asker: Asker) -> Viewer | None:
    """Who signed in; None where nobody did, or nobody is asked to."""
    return asker.viewer if asker.identity.configured and asker.viewer != PUBLIC else None


def _sign_in(request: Request) -> str:
    """The address of the form, which leads back to this page."""
    path = _path(request.url)
    own = request.method not in ("GET", "HEAD") or request.url.path in ("/", "/sign-in")
    return "/sign-in" if own else f"/sign-in?{urlencode({'next': path})}"


def _path(url: URL) -> str:
    """The address without scheme and host."""
    return url.path + (f"?{url.query}" if url.query else "")


def _headers(nonce: str, tag: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": POLICY.format(nonce=nonce),
        "Content-Language": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Authorization, Cookie",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
