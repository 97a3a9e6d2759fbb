"""What the keys and identifiers of real files claim: whatever is told of them must be true."""

from collections import Counter
from collections.abc import Iterator

from graph_schema.identifiers import Scheme, Subject, claim
from tests.service.readers.catenax_support import FILES, Json, read


def named(events: list[Json]) -> Iterator[tuple[str, Subject | None, str | None]]:
    """Every key with its kind, and every identifier with the scheme that its file states."""
    for event in events:
        specs = [*event.get("outputs", ()), *event.get("items", ())]
        if event["type"] == "REGISTRATION":
            specs.append({**event["organization"], "kind": "ORGANIZATION"})
        while specs:
            spec = specs.pop()
            if isinstance(spec, dict) and "kind" in spec:
                specs += spec.get("parts", ())
                yield spec["key"], spec["kind"], None
                for one in spec.get("identifiers", ()):
                    yield one["value"], None, one["scheme"]


def test_only_what_is_broken_is_called_so() -> None:
    names = [name for path in FILES for name in named(read(path).events)]
    claims = [(text, claim(text, kind, stated)) for text, kind, stated in names]
    count = Counter(one.scheme for _, one in claims if one is not None)
    assert count[Scheme.UUID] > 300
    assert count[Scheme.BPN] > 15
    assert count[Scheme.GBT_34014] == 3
    assert set(count) == {Scheme.UUID, Scheme.BPN, Scheme.GBT_34014}
    broken = {text for text, one in claims if one is not None and one.faults}
    assert broken == {"BPNL000000002BR4", "BPNL000000002CS4"}, "made up by hand, without check characters"
