"""What an identifier says is packaging."""

import pytest

from graph_schema.identifiers.containers import is_container


@pytest.mark.parametrize(
    ("text", "packaging"),
    [
        ("urn:epc:id:sscc:0614141.1234567890", True),
        ("https://id.gs1.org/00/106141412345678908", True),
        ("https://example.com/some/00/106141412345678908?x=y", True),
        ("urn:epc:id:grai:0614141.12345.400", True),
        ("https://id.gs1.org/8003/00614141123452400", True),
        ("https://id.gs1.org/8003/00614141123452", False),
        ("urn:epc:id:bic:CSQU3054383", True),
        ("urn:epc:id:sgtin:0614141.112345.400", False),
        ("https://id.gs1.org/01/09506000134352/21/00", False),
        ("https://example.com/2026/00/7", False),
        ("PALLET-1", False),
    ],
)
def test_packaging_is_known_by_its_identifier(text: str, packaging: bool) -> None:
    assert is_container(text) is packaging
