"""GS1 Digital Link URIs."""

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.digital_link import KEYS, canonical, explain, fits, make, normal, parse
from graph_schema.identifiers.gs1 import make_gtin

# The first ones are of published examples of a battery's life.
EXAMPLES = [
    "https://id.gs1.org/00/095212340000000174",
    "https://id.gs1.org/01/09506000134352/21/ABC123456",
    "https://id.gs1.org/01/09521234002000/21/STAX10-2026-000001",
    "https://id.gs1.org/414/9521234000112",
    "https://id.gs1.org/8004/95212340BMS26001",
    "https://id.gs1.org/8003/00614141123452400",
    "https://id.gs1.org/417/9521234000112",
    "https://id.gs1.org/414/9521234000112/254/dock%2F7",
    "https://id.gs1.org/01/09506000134352/10/L-1/21/7?11=260430",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples(text: str) -> None:
    assert explain(text).faults == ()
    assert make(parse(text)) == text
    assert fits(text)


@pytest.mark.parametrize("text", EXAMPLES)
def test_another_reader_of_them_reads_the_same(text: str) -> None:
    found = GS1DigitalLinkURI.parse(text)
    assert parse(text) == {element.ai.ai: element.value for element in found.element_strings}


@pytest.mark.parametrize("text", EXAMPLES)
def test_places_are_those_of_the_text(text: str) -> None:
    for field in explain(text).fields:
        assert text[field.first - 1 : field.last] == field.value


def test_fields_on_any_host_below_any_path() -> None:
    found = explain("https://battery.example:8443/passports/en/01/9506000134352/21/A%2FB?11=260430&linkType=all#top")
    assert found.faults == ()
    assert [(field.name, field.value, field.meaning) for field in found.fields] == [
        ("(01) GTIN", "9506000134352", "Global Trade Item Number (GTIN); assigned by GS1 Global Office"),
        ("(21) SERIAL", "A%2FB", "Serial number"),
        ("(11) PROD DATE", "260430", "Production date (YYMMDD): 2026-04-30"),
    ]


def test_the_canonical_uri() -> None:
    text = "http://battery.example/x/01/9506000134352/10/L-1/21/A%2FB?11=260430"
    assert canonical(text) == "https://id.gs1.org/01/09506000134352/21/A%2FB"
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("https://id.gs1.org/01/09506000134353", "the check digit of (01) GTIN is 3; it should be 2"),
        ("https://id.gs1.org/414/952123400011", "(414) LOC No. is '952123400011'; its format is N13 (Identification of a "
         "physical location - Global Location Number (GLN))"),
        ("https://id.gs1.org/01/09506000134352/254/1", "(254) does not qualify (01)"),
        ("https://id.gs1.org/01/09506000134352/21/7/10/L", "what qualifies (01) stands once, in the order 22, 10, 21, 235"),
        ("https://id.gs1.org/01/09506000134352/21/7/21/7", "what qualifies (01) stands once, in the order 22, 10, 21, 235"),
        ("https://id.gs1.org/01/09506000134352/21/123456789012345678901", None),
        ("https://id.gs1.org/01/09506000134352?11=260231", None),
        ("https://id.gs1.org/01/09506000134352/21", None),
        ("https://id.gs1.org/", None),
        ("https://example.com/about", None),
        ("no address at all", None),
    ],
)  # fmt: skip
def test_what_is_wrong(text: str, fault: str | None) -> None:
    told = explain(text).faults
    assert told
    assert fault is None or fault in told
    with pytest.raises(BrokenIdentifier):
        parse(text)


SERIAL = st.text(st.sampled_from("!%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz\""), min_size=1, max_size=20)


@given(
    st.text(st.sampled_from("0123456789"), min_size=13, max_size=13),
    st.dictionaries(st.sampled_from(["10", "21", "22"]), SERIAL),
)
def test_what_is_made_is_read_the_same(stem: str, more: dict[str, str]) -> None:
    elements = {"01": make_gtin(stem), **more}
    text = make(elements, "https://battery.example/p")
    assert parse(text) == elements
    assert fits(text)
    telling = next((ai for ai in ("21", "10") if ai in more), None)
    assert parse(canonical(text)) == {ai: value for ai, value in elements.items() if ai in ("01", telling)}


@pytest.mark.parametrize("elements", [{}, {"21": "7"}, {"01": "123"}, {"01": "09506000134352", "21": "\u00e9"}])
def test_what_cannot_be_made(elements: dict[str, str]) -> None:
    with pytest.raises(BrokenIdentifier):
        make(elements)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("https://example.com/01/9506000134353", True),  # a wrong check digit
        ("https://example.com/01/96385074", True),
        ("https://example.com/2024/01/20240131", False),  # a day
        ("https://example.com/2024/01/report", False),
        ("https://example.com/01/9506000134352/details", False),
        ("https://example.com/00/12", False),
        ("https://example.com/8004/manual", False),
        ("https://example.com/8004/95212340BMS26001", True),
        ("https://id.gs1.org/broken", True),
        ("https://id.gs1.org.example.com/broken", False),
        ("ftp://id.gs1.org/01/09506000134352", False),
        ("https://example.com", False),
    ],
)
def test_what_has_the_form(text: str, form: bool) -> None:
    assert fits(text) is form


def test_case() -> None:
    assert normal("HTTPS://ID.GS1.ORG/01/09506000134352/21/aB%2f") == "https://id.gs1.org/01/09506000134352/21/aB%2F"
    assert normal("something else") == "something else"


def test_every_key_and_qualifier_is_in_the_table_of_application_identifiers() -> None:
    for key, qualifiers in KEYS.items():
        found = explain(f"https://id.gs1.org/{key}/x" + "".join(f"/{ai}/x" for ai in qualifiers))
        assert [field.name.split(" ")[0] for field in found.fields] == [f"({ai})" for ai in (key, *qualifiers)]
