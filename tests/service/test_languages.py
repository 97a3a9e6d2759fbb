"""The catalogues of texts, and which language a reader gets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from service.languages import ENGLISH, TAGS, chosen, language

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "service/explorer/templates").glob("*.html"))


def test_no_text_is_missing_in_a_language() -> None:
    first = language(TAGS[0]).texts
    for tag in TAGS[1:]:
        texts = language(tag).texts
        assert sorted(texts) == sorted(first)
        for name, text in texts.items():
            assert _values(text) == _values(first[name]), name


def _values(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


def test_every_text_that_a_template_names_is_there() -> None:
    for template in TEMPLATES:
        for name in re.findall(r"""\bt\(["']([^"'~]+)["']\s*[,)]""", template.read_text("utf-8")):
            assert name in language("en").texts, f"{template.name}: {name}"


def test_every_text_that_code_names_is_there() -> None:
    for path in sorted((ROOT / "service").rglob("*.py")):
        for name in re.findall(r"""language\.text\(\s*"([^"{]+)\"""", path.read_text("utf-8")):
            assert name in language("en").texts, f"{path.name}: {name}"


def test_a_share_is_neither_nothing_nor_all_where_it_only_nearly_is() -> None:
    shares = [ENGLISH.share(part, 3000) for part in (0, 0.3, 3, 1000, 2990, 2999.9, 3000)]
    assert shares == [
        "0\u00a0%",
        "<\u00a00.1\u00a0%",
        "0.1\u00a0%",
        "33.3\u00a0%",
        "99.7\u00a0%",
        ">\u00a099.9\u00a0%",
        "100\u00a0%",
    ]


def test_what_has_no_text_is_its_name_in_plain_words() -> None:
    assert language("zh-Hans").named("kind", "BATTERY") == "电池"
    assert language("zh-Hans").named("kind", "SEA_CONTAINER") == "sea container"


@pytest.mark.parametrize(
    ("wanted", "accepted", "tag"),
    [
        (None, None, "en"),
        (None, "de-DE,de;q=0.9", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, "en;q=0.5,zh;q=0.9", "zh-Hans"),
        (None, "zh;q=nonsense, en", "en"),
        ("zh-Hans", "en", "zh-Hans"),
        ("xx", "en", "en"),
    ],
)
def test_the_language_is_that_of_the_reader(wanted: str | None, accepted: str | None, tag: str) -> None:
    assert chosen(wanted, accepted).tag == tag


def test_masses_and_dates_are_written_as_its_readers_do() -> None:
    english, chinese = language("en"), language("zh-Hans")
    assert english.mass(1234.5678) == "1,234.57\u00a0kg"
    assert english.mass(0.0123456) == "12.35\u00a0g"
    assert english.mass(0) == "0\u00a0kg"
    assert english.mass(None) == "unknown"
    assert chinese.mass(None) == "未知"
    day = datetime(2026, 11, 5, 7, 8, tzinfo=UTC)
    assert english.date(day) == "Nov 5, 2026"
    assert chinese.date(day) == "2026年11月5日"
    assert chinese.date(datetime(2026, 3, 31, 16, tzinfo=UTC)) == "2026年4月1日", "in China it is the next day"
    assert english.time(day) == "Nov 5, 2026, 3:08\u202fPM UTC+08:00"


@pytest.mark.parametrize(
    ("wanted", "accepted", "date", "mass"),
    [
        (None, "en-GB,en;q=0.9", "5 Nov 2026, 15:08 UTC+08:00", "1,234.5\u00a0kg"),
        (None, "de-DE,de;q=0.9,en-US;q=0.8", "5 Nov 2026, 15:08 UTC+08:00", "1.234,5\u00a0kg"),
        (None, "de", "5 Nov 2026, 15:08 UTC+08:00", "1.234,5\u00a0kg"),
        (None, "en-US", "Nov 5, 2026, 3:08\u202fPM UTC+08:00", "1,234.5\u00a0kg"),
        (None, "qq-ZZ,x;q=0.1", "Nov 5, 2026, 3:08\u202fPM UTC+08:00", "1,234.5\u00a0kg"),
        (None, "zh-Hans-CN", "2026年11月5日 15:08 UTC+08:00", "1,234.5\u00a0kg"),
        ("zh-Hans", "de", "2026年11月5日 15:08 UTC+08:00", "1,234.5\u00a0kg"),
        ("en", "zh-CN,zh;q=0.9", "Nov 5, 2026, 3:08\u202fPM UTC+08:00", "1,234.5\u00a0kg"),
    ],
)
def test_dates_and_masses_are_in_the_locale_of_the_reader(
    wanted: str | None, accepted: str, date: str, mass: str
) -> None:
    found = chosen(wanted, accepted)
    assert found.time(datetime(2026, 11, 5, 7, 8, tzinfo=UTC)) == date
    assert found.mass(1234.5) == mass
