"""Identifiers in two forms, words in three, units of measure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.readers.epcis.uris import Level, canonical, check_digit, level_of, material_of, party_key
from service.readers.epcis.vocabulary import kilograms, term
from service.readers.kinds import kind_of_code, kind_of_name

PAIRS = {
    "urn:epc:id:sgtin:9521234.000200.STAX10-2026-000001": "/01/09521234002000/21/STAX10-2026-000001",
    "urn:epc:id:sgtin:0614141.812345.6789": "/01/80614141123458/21/6789",
    "urn:epc:id:sgtin:9521234.000200.A%2FB": "/01/09521234002000/21/A%2FB",
    "urn:epc:id:sscc:0614141.1234567890": "/00/106141412345678908",
    "urn:epc:id:sgln:0614141.12345.0": "/414/0614141123452",
    "urn:epc:id:sgln:0614141.12345.5678": "/414/0614141123452/254/5678",
    "urn:epc:id:pgln:0614141.12345": "/417/0614141123452",
    "urn:epc:id:grai:0614141.12345.32a": "/8003/0061414112345232a",
    "urn:epc:id:giai:0614141.12345400": "/8004/061414112345400",
    "urn:epc:id:cpi:0614141.5PQ7%2FZ43.12345": "/8010/06141415PQ7%2FZ43/8011/12345",
    "urn:epc:class:lgtin:4012345.012345.998877": "/01/04012345123456/10/998877",
    "urn:epc:idpat:sgtin:4012345.012345.*": "/01/04012345123456",
}  # The examples of the Tag Data Standard, among others.


@pytest.mark.parametrize(("urn", "path"), PAIRS.items())
def test_a_urn_and_a_digital_link_are_one_key(urn: str, path: str) -> None:
    key = f"https://id.gs1.org{path}"
    assert canonical(urn) == key
    assert canonical(key) == key
    assert canonical(f"http://example.com/some/where{path}?linkType=all#x") == key


def test_a_digital_link_keeps_what_tells_items_apart() -> None:
    assert (
        canonical("https://x.example/01/9521234002000/22/2A/10/L1/21/S1")
        == "https://id.gs1.org/01/09521234002000/21/S1"
    )
    assert canonical("https://x.example/01/9521234002000/10/L1") == "https://id.gs1.org/01/09521234002000/10/L1"
    assert canonical("https://x.example/01/95212343") == "https://id.gs1.org/01/00000095212343"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:class:lgtin:6000001.recycled-aluminum.batch-2032-03",
        "urn:epc:id:sgtin:9521234.00200.too-short",
        "urn:epc:id:sgtin:9521234.000200",
        "urn:epc:id:sscc:0614141.12",
        "urn:epc:id:gid:1.2.3",
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "https://example.com/orders/01/77",
        "04QCB76836300JBC40000903",
        "",
    ],
)
def test_what_is_of_no_gs1_form_stays_as_it_is(uri: str) -> None:
    assert canonical(uri) == uri


@given(st.from_regex(r"[1-9][0-9]{6}\.[0-9]{6}", fullmatch=True), st.from_regex(r"[A-Za-z0-9-]{1,20}", fullmatch=True))
def test_a_gtin_has_its_check_digit_and_canonical_is_stable(item: str, serial: str) -> None:
    key = canonical(f"urn:epc:id:sgtin:{item}.{serial}")
    gtin = key.split("/")[4]
    assert gtin[13] == check_digit(gtin[:13])
    assert (3 * sum(map(int, gtin[::2])) + sum(map(int, gtin[1::2]))) % 10 == 0
    assert canonical(key) == key


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    level_of(canonical(text))
    party_key(text)


@pytest.mark.parametrize(
    ("uri", "level"),
    [
        ("urn:epc:id:sgtin:9521234.000200.1", Level.UNIT),
        ("https://id.gs1.org/8004/95212340BMS26001", Level.UNIT),
        ("urn:epc:id:sscc:0614141.1234567890", Level.CONTAINER),
        ("urn:epc:id:grai:0614141.12345.400", Level.CONTAINER),
        ("urn:epc:class:lgtin:4012345.012345.998877", Level.LOT),
        ("urn:epc:class:lgtin:6000001.recycled-copper.b", Level.LOT),
        ("urn:epc:idpat:sgtin:4012345.012345.*", Level.CLASS),
        ("https://id.gs1.org/01/09521234007005", Level.CLASS),
        ("https://id.gs1.org/8003/04012345123456", Level.CLASS),
        ("urn:epc:id:sgln:0614141.12345.0", Level.PLACE),
        ("geo:22.54,114.06", Level.PLACE),
        ("urn:uuid:374d95fc", None),
        ("https://example.com/batch/7", None),
    ],
)
def test_what_an_identifier_tells_apart(uri: str, level: Level | None) -> None:
    assert level_of(canonical(uri)) is level


def test_a_party_and_a_place_of_one_number_are_one_key() -> None:
    forms = [
        "urn:epc:id:pgln:9521234.00010",
        "urn:epc:id:sgln:9521234.00010.dock-3",
        "https://id.gs1.org/417/9521234000105",
        "https://example.com/414/9521234000105/254/dock-3",
    ]
    assert {party_key(form) for form in forms} == {"9521234000105"}
    assert party_key("https://example.com/parties/7") == "https://example.com/parties/7"


def test_words_in_three_forms_and_words_of_others() -> None:
    forms = ["urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-", "cbv:BizStep-", ""]
    assert {term(f"{form}shipping") for form in forms} == {"shipping"}
    assert term("https://ref.gs1.org/cbv/SDT-owning_party") == "owning_party"
    assert term("https://example.com/steps/shredding") == "https://example.com/steps/shredding"
    assert term(None) is None
    assert term(" ") is None


@pytest.mark.parametrize(
    ("quantity", "unit", "kg"),
    [
        (78, "GRM", 0.078),
        (0.145, "GRM", 0.000145),
        ("12.5", "KGM", 12.5),
        (2, "TNE", 2000),
        (3, "MGM", 0.000003),
        (16, "EA", None),
        (16, None, None),
        (0, "KGM", None),
        (True, "KGM", None),
        ("much", "KGM", None),
        (float("inf"), "KGM", None),
    ],
)
def test_masses_are_kilograms(quantity: object, unit: str | None, kg: float | None) -> None:
    assert kilograms(quantity, unit) == kg


def test_what_names_and_codes_say_of_a_kind() -> None:
    assert kind_of_name("Battery Module 12s") == "MODULE"
    assert kind_of_name("StaxWall 10 home battery") == "BATTERY"
    assert kind_of_name("Inverter") is None
    assert kind_of_code("04QCB76836300JBC40000903") == "CELL"
    assert kind_of_code("0V1PE01VOLT001B5A0000002") == "BATTERY"
    assert kind_of_code("1M8GDM9AXKP042788") == "VEHICLE"
    assert kind_of_code("12345678901234567") is None
    assert kind_of_code("STAX10-2026-000001") is None


def test_a_class_that_names_its_material() -> None:
    assert material_of("urn:epc:class:lgtin:6000001.recycled-copper.batch-1") == "recycled-copper"
    assert material_of("urn:epc:class:lgtin:6000001.012345.batch-1") is None
