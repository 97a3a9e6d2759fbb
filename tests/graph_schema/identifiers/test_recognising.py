"""Which scheme a text follows, or claims to follow."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.identifiers import (
    TITLES,
    Scheme,
    Subject,
    claim,
    claimed_scheme,
    identify,
    identify_as,
    normalised,
    scheme_named,
    spellings,
)
from graph_schema.identifiers.recognising import LENGTH_MAX
from seed.nation import generate
from seed.story import story

CODE, REUSE = "04QCB76836300JBC40000903", "04QCB76BC40000903RP"
VIN, CREDIT, BPN, GLN = "LFV3A23C083027701", "91350100M000100Y43", "BPNL00000003AYRE", "9521234000112"
SGTIN, LINK = "urn:epc:id:sgtin:0614141.112345.400", "https://id.gs1.org/01/09506000134352/21/7"
UUID = "urn:uuid:4e390dab-707f-446e-bfbe-653f6f5b1f37"

VALID = {
    CODE: Scheme.GBT_34014,
    REUSE: Scheme.GBT_34014_REUSE,
    VIN: Scheme.VIN,
    CREDIT: Scheme.CREDIT_CODE,
    BPN: Scheme.BPN,
    GLN: Scheme.GTIN,
    "9506000134352": Scheme.GTIN,
    SGTIN: Scheme.EPC,
    LINK: Scheme.DIGITAL_LINK,
    UUID: Scheme.UUID,
}


@pytest.mark.parametrize("text", VALID)
def test_a_valid_text_is_recognised(text: str) -> None:
    found = identify(text)
    assert found is not None
    assert (found.scheme, found.value, found.valid) == (VALID[text], text, True)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("04QCB76836300JBZ40000903", Scheme.GBT_34014),
        ("04QCB76BZ40000903RP", Scheme.GBT_34014_REUSE),
        ("LFV3A23C183027701", Scheme.VIN),
        ("91350100M000100Y44", Scheme.CREDIT_CODE),
        ("BPNL000000002BR4", Scheme.BPN),
        ("9506000134353", Scheme.GTIN),
        ("urn:epc:id:sgtin:1", Scheme.EPC),
        ("https://id.gs1.org/01/1", Scheme.DIGITAL_LINK),
        ("urn:uuid:1", Scheme.UUID),
    ],
)
def test_a_broken_one_is_recognised_too(text: str, scheme: Scheme) -> None:
    found = identify(text)
    assert found is not None
    assert found.scheme is scheme
    assert found.faults


@pytest.mark.parametrize(
    "text", ["", " ", "PACK-1", "LOT-LI2CO3-2026-07", "Minjiang Cell", "20240131", "宁德时代", "x" * 600]
)
def test_other_texts_are_not(text: str) -> None:
    assert identify(text) is None
    assert claimed_scheme(text) is None


def test_no_date_lies_after_the_day() -> None:
    assert identify(CODE, date(2021, 12, 4)).valid  # type: ignore[union-attr]
    assert not identify(CODE, date(2021, 12, 3)).valid  # type: ignore[union-attr]
    assert not claim(REUSE, "BATTERY", day=date(2021, 12, 3)).valid  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "kind", "scheme"),
    [
        # whole codes, and broken ones, where they belong
        (CODE, "CELL", Scheme.GBT_34014),
        ("04QCB76836300JBZ40000903", "BATTERY", Scheme.GBT_34014),
        ("04QCB76836300JBC4000O903", "MODULE", Scheme.GBT_34014),
        ("04QCB76BZ40000903RP", "BATTERY", Scheme.GBT_34014_REUSE),
        (VIN, "VEHICLE", Scheme.VIN),
        ("LFV3A23C183027701", "VEHICLE", Scheme.VIN),
        ("LFV3A23CO83027701", "VEHICLE", Scheme.VIN),
        (CREDIT, "ORGANIZATION", Scheme.CREDIT_CODE),
        ("91350100M000100Y44", "ORGANIZATION", Scheme.CREDIT_CODE),
        (GLN, "ORGANIZATION", Scheme.GLN),
        # the same texts on other things claim nothing
        (CODE, "VEHICLE", None),
        (CODE, "COMPONENT", None),
        (VIN, "BATTERY", None),
        ("LFV3A23C183027701", "BATTERY", None),
        ("LFV3A23C183027701", "COMPONENT", None),
        (CREDIT, "LOT", None),
        (GLN, "LOT", None),
        (CODE, None, None),
        (VIN, None, None),
        # numbers of one's own
        ("9521234000113", "ORGANIZATION", None),
        ("1700000000000", "ORGANIZATION", None),
        ("201105061234567890", "ORGANIZATION", None),
        ("20240131123456789", "VEHICLE", None),
        ("TRUCK-000000000001", "VEHICLE", None),
        ("LORRY000000000001", "VEHICLE", None),
        ("BATTERYSERIALNUMBER00012", "BATTERY", None),
        ("123456789012345678901234", "BATTERY", None),
        ("PACK-1", "BATTERY", None),
        # what says itself what it is
        (UUID, None, Scheme.UUID),
        ("urn:uuid:1", "BATTERY", Scheme.UUID),
        (BPN, "ORGANIZATION", Scheme.BPN),
        (BPN, None, Scheme.BPN),
        (SGTIN, "LOT", Scheme.EPC),
        ("urn:epc:class:lgtin:6000001.recycled-aluminum.batch-2032-03", "LOT", Scheme.EPC),
        (LINK, "BATTERY", Scheme.DIGITAL_LINK),
    ],
)
def test_what_claims_a_scheme(text: str, kind: Subject | None, scheme: Scheme | None) -> None:
    assert claimed_scheme(text, kind) is scheme
    found = claim(text, kind)
    assert (found and found.scheme) is scheme


def test_what_is_stated_is_claimed() -> None:
    assert claimed_scheme("17 letters?", stated="VIN") is Scheme.VIN
    assert claimed_scheme(VIN, stated="GB/T 34014-2017") is Scheme.GBT_34014
    assert claimed_scheme(REUSE, stated="GB/T 34014") is Scheme.GBT_34014_REUSE
    assert claimed_scheme("9521234000113", "ORGANIZATION", "gln") is Scheme.GLN
    assert claimed_scheme("anything", "BATTERY", "manufacturerPartId") is None
    assert claimed_scheme(UUID, "BATTERY", "catenaXId") is Scheme.UUID
    assert claim("9521234000113", stated="GLN").faults == ("the check digit (position 13) is 3; it should be 2",)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("VIN", Scheme.VIN),
        ("Unified Social Credit Code", Scheme.CREDIT_CODE),
        ("GB 32100-2015", Scheme.CREDIT_CODE),
        ("BPNL", Scheme.BPN),
        ("GS1 Digital Link", Scheme.DIGITAL_LINK),
        ("EPC URI", Scheme.EPC),
        ("van", None),
        ("", None),
    ],
)
def test_names_of_schemes(name: str, scheme: Scheme | None) -> None:
    assert scheme_named(name) is scheme


def test_every_scheme_has_a_title_and_a_reader() -> None:
    assert set(TITLES) == set(Scheme)
    for scheme in Scheme:
        assert identify_as(scheme, "?").scheme is scheme
        assert identify_as(scheme, "?").faults
        assert "no identifier has more" in identify_as(scheme, "1" * (LENGTH_MAX + 1)).faults[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("０４ＱＣＢ７６８３６３００ＪＢＣ４００００９０３", CODE),
        (" 04q cb76 836300j bc4 0000903\n", CODE),
        ("lfv3a23c083027701", VIN),
        ("\u200b91350100 M000100Y4-3", CREDIT),
        ("bpnl00000003ayre", BPN),
        ("9 521234-000112", GLN),
        ("9\u2011521234\u2011000112", GLN),
        (UUID.upper(), UUID),
        ("URN:EPC:ID:SGTIN:0614141.112345.aB", "urn:epc:id:sgtin:0614141.112345.aB"),
        ("HTTPS://ID.GS1.ORG/01/09506000134352/21/aB", "https://id.gs1.org/01/09506000134352/21/aB"),
        # what is nothing known keeps its case and hyphens
        (" Minjiang   Cell ", "Minjiang Cell"),
        ("LOT-17", "LOT-17"),
        ("2026-0401-12345", "2026-0401-12345"),
        ("ＬＯＴ－１７", "LOT-17"),
        ("\ud800LOT\u00ad-17\u0000", "LOT-17"),
        ("", ""),
    ],
)
def test_normalised(text: str, value: str) -> None:
    assert normalised(text) == value


@given(st.text(max_size=60))
def test_what_is_normal_stays_so(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    ("text", "variants"),
    [
        ("lot-17 ", ["lot-17", "LOT-17"]),
        (CODE, [CODE]),
        ("04q cb76 836300j bc4 0000903", ["04q cb76 836300j bc4 0000903", CODE, "04Q CB76 836300J BC4 0000903"]),
        (UUID.removeprefix("urn:uuid:"), [UUID.removeprefix("urn:uuid:"), UUID]),
        ("https://battery.example/01/9506000134352/21/7", ["https://battery.example/01/9506000134352/21/7", LINK]),
        (SGTIN, [SGTIN, "https://id.gs1.org/01/10614141123459/21/400"]),
        ("  ", []),
    ],
)
def test_spellings(text: str, variants: list[str]) -> None:
    found = spellings(text)
    assert found[:1] == variants[:1], "as written comes first"
    assert set(variants) <= set(found)
    assert len(set(found)) == len(found)


@given(st.text(max_size=600))
def test_nothing_makes_it_fail(text: str) -> None:
    found = identify(text)
    assert found is None or (found.value and (found.fields or found.faults))
    for variant in spellings(text):
        assert variant
    for scheme in Scheme:
        told = identify_as(scheme, text)
        for field in told.fields:
            assert told.value[field.first - 1 : field.last] == field.value


def keys_of(events: list[dict[str, object]]) -> list[tuple[str, Subject]]:
    """The keys of all units and organizations that are made or registered, with their kinds."""
    found: list[tuple[str, Subject]] = []
    for event in events:
        if event["type"] == "REGISTRATION":
            found.append((event["organization"]["key"], "ORGANIZATION"))  # type: ignore[index]
        found += [(one["key"], one.get("kind", "LOT")) for one in event.get("outputs", ())]  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("events", [story(), list(generate(50))], ids=["story", "nation"])
def test_what_the_seeds_claim_is_valid(events: list[dict[str, object]]) -> None:
    keys = keys_of(events)
    claims = [(key, kind, claim(key, kind)) for key, kind in keys]
    assert [(key, one.faults) for key, _, one in claims if one is not None and one.faults] == []
    assert [key for key, kind, one in claims if one is None and kind != "LOT"] == []
    assert [key for key, kind, one in claims if one is not None and kind == "LOT"] == []
