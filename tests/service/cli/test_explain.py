"""`voltrace explain`."""

import json

from tests.service.cli.test_cli import run

CODE = "04QCB76836300JBC40000903"


def test_a_valid_code_as_a_table() -> None:
    done = run("explain", CODE)
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0] == f"{CODE}  traction battery code (GB/T 34014-2017): valid"
    assert lines[2].split() == ["1-3", "manufacturer", "04Q", "EVE"]
    assert lines[-2].split() == ["18-24", "serial", "number", "0000903", "number", "903", "of", "the", "day"]


def test_a_faulty_one_says_what_is_wrong() -> None:
    done = run("explain", CODE, "LFV3A23C183027701")
    assert done.exit_code == 1
    assert "fault: the check digit (position 9) is 1; it should be 0" in done.output


def test_an_empty_field_has_no_place() -> None:
    done = run("explain", "urn:epc:id:sgln:061414112345..0")
    assert done.exit_code == 0
    assert "-      location reference" in done.output


def test_markup_is_text() -> None:
    done = run("explain", "urn:epc:id:sgtin:0614141.112345.[red]")
    assert "[red]" in done.output
    assert "[bold]?" in run("explain", "[bold]?").output


def test_what_is_not_recognised_gets_a_hint() -> None:
    short = run("explain", CODE[:-1])
    assert short.exit_code == 1
    assert "it has 23 characters" in short.output
    assert "--scheme gbt-34014 says what is wrong with it" in short.output
    assert "--scheme reads it as one of" in run("explain", "nothing").output
    formless = run("explain", "LSVAU2180N218329Q").output
    assert "it has 17 characters, as a vehicle identification number (ISO 3779) has, but not its form" in formless
    assert "an empty text is no code" in run("explain", " ").output


def test_as_an_identifier_of_a_scheme() -> None:
    done = run("explain", "--scheme", "gbt-34014", CODE[:-1])
    assert done.exit_code == 1
    assert "fault: it has 23 characters; a traction battery code (GB/T 34014-2017) has 24" in done.output
    assert "(GS1): valid" in run("explain", "--scheme", "gln", "9521234000112").output
    assert run("explain", "--scheme", "isbn", CODE).exit_code == 2


def test_a_code_of_the_future_is_faulty() -> None:
    done = run("explain", "04QCB76836300JYC40000903")
    assert done.exit_code == 1
    assert "its date, 2040-12-04, lies after" in done.output


def test_as_json() -> None:
    done = run("explain", "--format", "json", CODE.lower(), "nothing")
    assert done.exit_code == 1
    known, unknown = json.loads(done.stdout)
    assert (known["text"], known["scheme"], known["value"], known["valid"]) == (CODE.lower(), "GBT_34014", CODE, True)
    assert known["fields"][0] == {"name": "manufacturer", "first": 1, "last": 3, "value": "04Q", "meaning": "EVE"}
    assert known["faults"] == []
    assert (unknown["text"], unknown["scheme"]) == ("nothing", None)
    assert unknown["hint"]


def test_without_a_code() -> None:
    assert run("explain").exit_code == 2
