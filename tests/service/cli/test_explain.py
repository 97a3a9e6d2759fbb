"""`voltrace explain`."""

import json

from click.testing import CliRunner

from service.cli import main


def explain(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["explain", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_a_battery_code_field_by_field() -> None:
    code, shown, _ = explain("04QCB76836300JBC40000903")
    assert code == 0
    for word in ("valid", "EVE", "cell", "LFP", "2021", "0000903"):
        assert word.lower() in shown.lower(), word


def test_what_is_wrong_is_told() -> None:
    code, shown, _ = explain("LFV3A23C083027702")
    assert code == 1
    assert "fault" in shown
    assert "check digit" in shown


def test_what_looks_like_nothing_known_has_a_way_out() -> None:
    code, _, told = explain("04QCB76836300JBC4000090")
    assert code == 1
    assert "24" in told
    assert "--scheme gbt-34014" in told


def test_as_json() -> None:
    code, shown, _ = explain("--format", "json", "91350100M000100Y43", "x")
    assert code == 1, "x is nothing known"
    good, bad = json.loads(shown)
    assert (good["scheme"], good["valid"]) == ("CREDIT_CODE", True)
    assert bad["scheme"] is None
