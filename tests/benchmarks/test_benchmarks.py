"""The benchmark runs, and reports every part; it judges no times."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from service.reporting import REPORTS
from service.testing.neo4j.server import Server
from service.writers.layout.gathering import BOXES_MAX
from tests.conftest import NEO4J_ITSELF, NEO4J_VERSIONS


@NEO4J_ITSELF
def test_a_tiny_run_writes_both_reports(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the server of the tests, which has most plans already; a measurement starts its own."""

    @contextmanager
    def running(version: str, measured: bool) -> Iterator[Server]:
        assert (version, measured) == (NEO4J_VERSIONS[0], True)
        yield server

    monkeypatch.setattr("benchmarks.neo4j.running", running)
    sizes = {
        "batteries": "600",
        "small": "20",
        "audited": "60",
        "reported": "40",
        "starts": "5",
        "draws": "400",
        "seconds": "0.2",
        "runs": "1",
        "traced": "60",
        "drawn": "90",
        "asked-cells": "300",
        "asked-packs": "200",
        "asked-batch": "100",
    }
    stated = [word for name, value in sizes.items() for word in (f"--{name}", value)]
    main([*stated, "--out", str(tmp_path)])
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["trace forward"]["structure / bare"] > 0
    assert report["trace through HTTP"]["edges"] > 100
    assert report["recording, batches of 10"]["events"] > 0
    assert (report["audit, with trouble"]["precision"], report["audit, with trouble"]["recall"]) == (1, 1)
    assert (report["audit, with trouble"]["findings"] > 0, report["audit, clean"]["findings"]) == (True, 0)
    reports = report["reports, from kept rows"]
    assert {f"{what}, ms" for what in REPORTS} <= set(reports)
    assert min(reports.values()) > 0
    first, moving = report["explorer, first picture"], report["explorer, moving a large picture"]
    assert 10 < first["boxes drawn"] <= BOXES_MAX, "a large trace is groups"
    assert 0 < first["first byte after ms"] < first["picture after ms"]
    assert moving["boxes drawn"] >= 60
    assert min(moving["pan, ms a frame"], moving["zoom, ms a frame"]) > 0
    one = {title.partition(": ")[2]: values for title, values in report.items() if title.startswith("one query")}
    assert one["300 parts of a pack"]["statements"] > 0
    assert min(values["slowest health check ms"] for values in one.values()) > 0
    assert one["a message: objects, just within"]["bytes"] > 0
    assert one["record 100 events"]["bytes"] > 100 * len("ACCEPTED")
    neo4j = {title.partition(": ")[2]: values for title, values in report.items() if title.startswith("Neo4j")}
    for way in ("trace forward", "trace backward"):
        assert 0 < neo4j[way]["starts of which hand-written Cypher finds the same"] <= neo4j[way]["starts"]
        assert neo4j[way]["trace / hand-written"] > 0
        assert neo4j[way]["starts of naive paths"] > 0
    assert neo4j["on disk"]["graph and indexes, kB an event"] > 0
    assert report["export neo4j-admin"]["gzip: kB an event"] < report["export neo4j-admin"]["plain: kB an event"]
    for at_hub in (report["trace at a hub"], neo4j["trace at a hub"]):
        assert at_hub["all of it: nodes"] == 1 + 400 + 400 + 1
    assert neo4j["point reads"]["point read / hand-written"] > 0
    assert neo4j["recording, batches of 2,000"]["ingest / raw batches"] > 0
    assert neo4j["recording one by one"]["recording / raw"] > 0
    assert neo4j["recording, batches of 10"]["recording / raw"] > 0
    assert neo4j["trace through HTTP"]["edges"] > 10
    assert neo4j["trace through HTTP"]["http / store"] > 0
    text = (tmp_path / "report.md").read_text()
    assert all(f"## {title.capitalize()}" in text for title in report)
