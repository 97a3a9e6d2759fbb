"""Whether two things are called the same: a number is one only in its scheme, a code whatever it is stated as."""

import pytest

from graph_schema.identifiers.names import Name, names_of

CODE = "04QCB76836300JBC40000903"
UUID = "4e390dab-707f-446e-bfbe-653f6f5b1f37"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Name("7", "SN"), Name("7", "sn")),
        (Name("7", "SN"), Name("7")),
        (Name(CODE), Name(CODE, "label")),
        (Name(CODE, "GB/T 34014"), Name(CODE, "batteryCode")),
        (Name(CODE), Name(CODE.lower(), "label")),
        (Name("LFV3A23C083027701", "chassis number"), Name("LFV3A23C083027701", "VIN")),
        (Name(f"urn:uuid:{UUID}"), Name(UUID, "passport")),
        (Name(UUID.upper()), Name(f"urn:uuid:{UUID}")),
        (Name("X12MCPM27KLPCLX2M2382320", "GB_T_34014"), Name("X12MCPM27KLPCLX2M2382320", "GB/T 34014")),
    ],
)
def test_these_may_be_one_thing(one: Name, other: Name) -> None:
    assert one.is_that_of(other)
    assert other.is_that_of(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Name("7", "SN"), Name("7", "JIS")),
        (Name("7", "SN"), Name("8", "SN")),
        (Name("ab7", "SN"), Name("AB7", "SN")),
        (Name("7", "VIN"), Name("7", "SN")),
    ],
)
def test_these_are_two(one: Name, other: Name) -> None:
    assert not one.is_that_of(other)
    assert not other.is_that_of(one)


@pytest.mark.parametrize(
    "stated",
    [
        ("manufacturerPartId", "7"), ("part number", "7"), ("GTIN", "09506000134352"), ("型号", "7"),
        ("BPN", "BPNL00000003AYRE"), ("owner", "BPNL00000003AYRE"), ("BATCH", "7"),
    ],
)  # fmt: skip
def test_what_names_a_model_a_batch_or_an_organization_is_no_name_of_one_battery(stated: tuple[str, str]) -> None:
    scheme, value = stated
    assert names_of("BATTERY", "PACK", [{"scheme": scheme, "value": value}]) == [Name("PACK")]


def test_a_batch_number_is_the_name_of_a_lot() -> None:
    assert names_of("LOT", "L", [{"scheme": "BATCH", "value": "7"}]) == [Name("L"), Name("7", "BATCH")]
