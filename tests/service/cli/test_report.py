"""`voltrace report`."""

import csv
import io
import json
from pathlib import Path

import pytest

from service.stores.sqlite import SqliteStore
from service.writers.report import as_csv
from tests.service.cli.test_cli import run
from tests.service.test_reporting import EVENTS
from tests.support import send, wait


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "voltrace.db"
    store = SqliteStore(path)
    send(store, EVENTS)
    wait(store, store.close())
    return f"sqlite:{path}"


def test_recovery_as_json(url: str) -> None:
    lines = json.loads(run("report", "recovery", "--store", url, "--format", "json").output)
    nickel = next(line for line in lines if line["element"] == "Ni")
    assert (nickel["inputKg"], nickel["recoveredKg"], nickel["rate"]) == (50.0, 24.0, 0.48)
    assert lines[0]["element"] == "total mass"
    assert lines[0]["blackMassYield"] == pytest.approx(0.45)


def test_the_period_includes_its_last_day(url: str) -> None:
    arguments = ("report", "fates", "--store", url, "--format", "csv", "--from", "2024-02-11")
    for until, retired in [("2024-02-10", 0), ("2024-02-11", 4)]:
        begin = arguments if retired else (*arguments[:-1], "2024-02-01")
        lines = list(csv.DictReader(io.StringIO(run(*begin, "--to", until).output)))
        assert sum(int(line["batteries"]) for line in lines) == retired


@pytest.mark.parametrize("what", ["recovery", "chemistries", "fates", "market", "stages", "yearly", "content"])
def test_a_table_of_each(url: str, what: str) -> None:
    done = run("report", what, "--store", url)
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) > 2


def test_what_is_unknown_is_shown_as_unknown(url: str) -> None:
    done = run("report", "recovery", "--store", url, "--from", "2030-01-01")
    assert "?" in done.output


def test_a_period_that_ends_before_it_begins_is_refused(url: str) -> None:
    done = run("report", "yearly", "--store", url, "--from", "2025-01-01", "--to", "2024-01-01")
    assert done.exit_code == 2
    assert "the period begins after its end" in done.output


def test_no_cell_of_a_table_is_a_formula() -> None:
    line = {"producer": "=HYPERLINK(1)", "model": "@x", "chemistry": "-", "kg": -1.5}
    assert as_csv([line]) == "producer,model,chemistry,kg\n'=HYPERLINK(1),'@x,'-,-1.5\n"


def test_recovery_of_each_chemistry_says_which(url: str) -> None:
    lines = json.loads(run("report", "chemistries", "--store", url, "--format", "json").output)
    assert [(line["chemistry"], line["element"]) for line in lines] == [
        ("NMC622", "total mass"), ("NMC622", "Li"), ("NMC622", "Ni"),
    ]  # fmt: skip
    assert (lines[2]["inputKg"], lines[2]["rate"]) == (50.0, 0.48)
