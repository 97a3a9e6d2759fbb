"""schemathesis, which makes up requests from the schema alone, finds no failure of the service.

Once as somebody who may do everything, once as a participant, who is told nothing of what is another's business.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import orjson
import pytest

from seed.story import (
    BLACK_MASS,
    CATHODE,
    FLEET,
    MAKER,
    PACK_A,
    PACK_NEW,
    PACK_RECYCLED,
    RECYCLER,
    STORAGE_UNIT,
    VEHICLE_A,
    module,
    story,
)
from service.access.tokens import Tokens
from service.api.connection import cursor
from service.api.context import global_id
from service.api.schema import schema
from service.stores.sqlite import SqliteStore
from tests.serving import ROOT, serving
from tests.support import send, wait

SEED = os.environ.get("VOLTRACE_TEST_FUZZ_SEED", "20261")
EXAMPLES = os.environ.get("VOLTRACE_TEST_FUZZ", "20")
WIDE = {
    "VOLTRACE_DEPTH_MAX": "100",
    "VOLTRACE_ROOT_FIELDS_MAX": "1000",
    "VOLTRACE_ALIASES_MAX": "10000",
    "VOLTRACE_TOKENS_MAX": "100000",
    "VOLTRACE_COST_MAX": str(10**14),
    "VOLTRACE_RATE_PER_S": "100000",
    "VOLTRACE_RATE_BURST": "100000",
}
"""Limits that let what is made up be executed."""

SECRET = "this-is-between-us"
HIDDEN = {
    "eventId": "hidden",
    "type": "ENROLMENT",
    "occurredAt": "2022-01-01T00:00:00Z",
    "actor": FLEET,
    "note": SECRET,
    "items": [{"key": "HIDDEN", "kind": "BATTERY", "attributes": {"contract": SECRET}, "parts": [
        {"key": SECRET, "kind": "MODULE", "identifiers": [{"scheme": "serial", "value": SECRET + "-1"}]}
    ]}],
}  # fmt: skip
"""Of one party, and nobody else's business: its key leads to what is public of it, and not to the secret."""

ASKING = '{ item(key: "HIDDEN") { attributes } event(eventId: "hidden") { payload } }'
"""Tells the secret to whom it is not withheld from."""

KEYS = ["HIDDEN", PACK_A, PACK_NEW, PACK_RECYCLED, STORAGE_UNIT, VEHICLE_A, CATHODE, BLACK_MASS, module(1), module(3)]
EVENTS = ["hidden", *(event["eventId"] for event in story())]
IDS = [
    ("Item", "HIDDEN"),
    ("Item", PACK_A),
    ("Organization", MAKER),
    ("Event", EVENTS[0]),
    ("Event", EVENTS[-1]),
    ("Item", "x"),
    ("X", "y"),
]
CURSORS = [
    *(cursor(value) for value in (0, 1, 30, -1, PACK_A, "x", "\u0663", "1" * 400, "\u0000")),
    *(cursor("9" * 20 + f":{PACK_A}", f"items by {order}") for order in ("KEY", "PRODUCED_AT")),
    *(cursor(value, "a search") for value in (f"1:item:{PACK_A[:9]}", "2:organization:")),
    *(cursor(value, "organizations by NAME") for value in (f"{MAKER} =M", f"{MAKER} ", "")),
    *(cursor("00", of) for of in ("a history", "a custody", "a recall")),
    cursor("since:1.x"),
]
CODES = [
    *(PACK_A, STORAGE_UNIT, VEHICLE_A, MAKER, CATHODE),
    *("BPNL00000003AYRE", "9521234000112", "urn:epc:id:sgtin:0614141.112345.*", "urn:uuid:", "\u0661" * 13),
    "https://id.gs1.org/01/09506000134352/21/%ff?11=260431",
]
VALUES: dict[str, list[str]] = {
    "*.*.key": [*KEYS, MAKER, "", "\u0000", "\u96fb\u6c60"],
    "Query.item.key": KEYS,
    "Query.trace.key": KEYS,
    "Query.battery.key": [PACK_A, PACK_NEW, PACK_RECYCLED, STORAGE_UNIT],
    "Query.module.key": [module(1), module(3)],
    "Query.vehicle.key": [VEHICLE_A],
    "Query.lot.key": [CATHODE, BLACK_MASS],
    "Query.organization.key": [MAKER, "nobody"],
    "Query.path.from": KEYS,
    "Query.path.to": KEYS,
    "*.*.eventId": EVENTS,
    "Query.identifier.text": CODES,
    "Query.search.text": [PACK_A, PACK_A[:6], "HIDDEN", "metals", "0", "\u96fb"],
    "Query.searchConnection.text": [PACK_A, PACK_A[:6], "HIDDEN", "metals", "0", "\u96fb"],
    "*.*.id": [global_id(*one) for one in IDS],
    "*.*.ids[*]": [global_id(*one) for one in IDS],
    "*.*.after": CURSORS,
    "*.*.before": CURSORS,
}


def configuration() -> str:
    """Which arguments get values that lead somewhere, nearly always."""
    lines = []
    for number, values in enumerate(VALUES.values()):
        lines += [f"[dictionaries.d{number}]", f"values = {orjson.dumps(values).decode()}"]
    lines.append("[parameters]")
    lines += [f'"{name}" = {{ dictionary = "d{number}", probability = 0.95 }}' for number, name in enumerate(VALUES)]
    return "\n".join(lines)


@pytest.mark.parametrize("viewer", ["everybody", "participant"])
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_nothing_unexpected_is_answered(tmp_path: Path, mode: str, viewer: str) -> None:
    store = SqliteStore(tmp_path / "story.db")
    results = send(store, [*story(), HIDDEN])
    assert results[-1].status.value == "ACCEPTED"
    wait(store, store.close())
    (tmp_path / "schemathesis.toml").write_text(configuration())
    settings, headers, environment = WIDE, {}, os.environ
    if viewer == "participant":
        tokens = Tokens(tmp_path / "tokens.json")
        settings = WIDE | {"VOLTRACE_TOKENS_FILE": str(tokens.path)}
        headers = {"Authorization": f"Bearer {tokens.create('the recycler', 'participant', RECYCLER)}"}
        environment = environment | {"VOLTRACE_TEST_FUZZ_SECRET": SECRET}
    with serving(store.url, **settings) as address:
        answer = httpx.post(f"{address}/graphql", json={"query": ASKING}, headers=headers)
        assert ("data" in answer.json(), SECRET in answer.text) == (True, viewer == "everybody")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")),
            *("run", f"{address}/graphql", "--checks", "nothing_unexpected", "--phases", "fuzzing", "--mode", mode),
            *("--seed", SEED, "--max-examples", EXAMPLES, "--generation-database", "none", "--no-color"),
            *("--suppress-health-check", "all", "--generation-allow-x00", "true", "--continue-on-failure"),
            *(f"--header={name}: {value}" for name, value in headers.items()),
        ]
        done = subprocess.run(
            command,
            cwd=tmp_path,  # it leaves files where it runs
            env=environment | {"SCHEMATHESIS_HOOKS": "tests.conformance.fuzzing_hooks", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    replay = f"VOLTRACE_TEST_FUZZ_SEED={SEED} VOLTRACE_TEST_FUZZ={EXAMPLES} replays it"
    print(replay, done.stdout, done.stderr, sep="\n")
    assert done.returncode == 0, replay
    fields = [*schema._schema.query_type.fields.values(), *schema._schema.mutation_type.fields.values()]
    asked = [field for field in fields if field.args or mode == "positive"]
    assert f"Tested: {len(asked)}\n" in done.stdout, "every field was asked; without arguments nothing can be wrong"
