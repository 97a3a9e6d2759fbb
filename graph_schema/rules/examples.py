"""For each finding a history that raises it and one like it that does not: tests, and the pages under docs/rules.

An event's `recordedAt` says when the log learned it; it is no part of the event. Without one that is when it occurred.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Event = dict[str, Any]


class Example(NamedTuple):
    """Histories, and what each is in a sentence."""

    raised: list[Event]
    because: str
    silent: list[Event]
    although: str


MAKER, CARS, OWNER, WORKSHOP = "91350100M000100Y43", "CAR-MAKER", "OWNER", "WORKSHOP"
OUTLET, STORAGE, RECYCLER, DISMANTLER, TRADER = "OUTLET", "STORAGE", "RECYCLER", "DISMANTLER", "TRADER"
_ROLES = {
    MAKER: "BATTERY_MAKER", CARS: "VEHICLE_MAKER", OWNER: "VEHICLE_OWNER", WORKSHOP: "REPAIRER", OUTLET: "OUTLET",
    STORAGE: "UTILIZER", RECYCLER: "UTILIZER", DISMANTLER: "VEHICLE_DISMANTLER", "SWAP": "SWAP_OPERATOR",
    "CARRIER": "CARRIER",
}  # fmt: skip
CODE = "04QPE76836300JE110000001"
"""The code of a ternary pack made on 2024-01-01."""


def _on(day: str, kind: str, actor: str, **fields: Any) -> Event:
    recorded = fields.pop("recorded", None)
    event: Event = {"type": kind, "occurredAt": f"{day}T08:00:00+08:00", "actor": actor, **fields}
    return event if recorded is None else event | {"recordedAt": f"{recorded}T08:00:00+08:00"}


def _known(*keys: str, **scopes: str) -> list[Event]:
    """Registrations; a scope is given by the organization's key."""
    told = []
    for key in keys:
        organization: Event = {"key": key, "roles": [_ROLES[key]], "region": "CN-44"}
        if key in scopes:
            organization["authorizations"] = [{"scope": scopes[key]}]
        told.append(_on("2024-01-01", "REGISTRATION", key, organization=organization))
    return told


def _pack(key: str = "PACK", day: str = "2024-01-02", actor: str = MAKER, kind: str = "BATTERY", **spec: Any) -> Event:
    return _on(day, "PRODUCTION", actor, outputs=[{"key": key, "kind": kind, **spec}])


def _retired(day: str = "2026-04-10", actor: str = MAKER, key: str = "PACK") -> Event:
    return _on(day, "RETIREMENT", actor, item=key)


def _sent(day: str, actor: str, to: str, key: str = "PACK", **more: Any) -> Event:
    return _on(day, "TRANSFER", actor, items=[key], to=to, **more)


def _car(*parts: str, **attributes: Any) -> Event:
    spec: Event = {"key": "CAR", "kind": "VEHICLE", "parts": list(parts)}
    return _on("2024-01-05", "PRODUCTION", MAKER, outputs=[spec | ({"attributes": attributes} if attributes else {})])


_PACKED = _on(
    "2026-05-03", "PRODUCTION", MAKER,
    outputs=[{"key": "urn:epc:id:sscc:0614141.1234567890", "kind": "COMPONENT", "parts": ["SPARE"]}],
)  # fmt: skip
_OUT = _on("2026-05-02", "REMOVAL", DISMANTLER, part="PACK", host="CAR")
_SCRAPPED = _on("2026-05-03", "SCRAPPING", DISMANTLER, item="CAR")
_STORAGE_UNIT: Event = {"key": "UNIT", "kind": "BATTERY", "parts": ["MODULE"]}


def _refined(nickel_kg: float, month: str = "2025-02") -> list[Event]:
    """A pack with 10 kg of nickel, recycled and refined."""
    pack = {"key": "PACK", "kind": "BATTERY", "chemistry": "NMC622", "massKg": 100, "composition": {"Ni": 10}}
    black = {"key": "BM", "material": "black mass", "massKg": 50, "composition": {"Ni": 10}}
    salt = {"key": "SALT", "material": "nickel sulphate", "massKg": 45, "composition": {"Ni": nickel_kg}}
    return [
        _on("2024-01-02", "PRODUCTION", RECYCLER, outputs=[pack]),
        _on(f"{month}-01", "RECYCLING", RECYCLER, inputs=[{"key": "PACK"}], outputs=[black]),
        _on(f"{month}-02", "REFINING", RECYCLER, inputs=[{"key": "BM", "massKg": 50}], outputs=[salt]),
    ]


def _european() -> list[Event]:
    organization = {"key": "EU-MAKER", "roles": ["BATTERY_MAKER"], "region": "DE-BY"}
    registered = _on("2024-01-01", "REGISTRATION", "EU-MAKER", organization=organization)
    return [*_known(RECYCLER, RECYCLER="RECYCLING"), registered]


def _built(recycled_kg: float) -> list[Event]:
    """A pack with 20 kg of nickel, so much of it from the salt."""
    primary = {"key": "MINED", "kind": "LOT", "material": "nickel sulphate", "massKg": 100, "composition": {"Ni": 22}}
    draws = [
        {"key": "SALT", "massKg": recycled_kg / 9.9 * 45},
        {"key": "MINED", "massKg": (20 - recycled_kg) / 22 * 100},
    ]
    pack = {"key": "NEW", "kind": "BATTERY", "model": "M1", "chemistry": "NMC622", "massKg": 300}
    return [
        _on("2031-12-01", "TRANSFER", RECYCLER, items=["SALT"], to="EU-MAKER"),
        _on("2032-01-01", "ENROLMENT", "EU-MAKER", items=[primary]),
        _on("2032-02-01", "PRODUCTION", "EU-MAKER", inputs=draws, outputs=[pack | {"composition": {"Ni": 20}}]),
    ]


_PARTS = [{"key": "MODULE", "kind": "MODULE", "massKg": 12}]


def _made_for(application: str) -> Event:
    return _STORAGE_UNIT | {"attributes": {"application": application}}


EXAMPLES: dict[str, Example] = {
    "CONFLICTING_CLAIMS": Example(
        [*_known(MAKER, RECYCLER), _pack(), _on("2026-01-05", "RECYCLING", MAKER, inputs=[{"key": "PACK"}]),
         _on("2026-02-01", "INSPECTION", RECYCLER, item="PACK")],
        "The pack is inspected a month after it was recycled.",
        [*_known(MAKER, RECYCLER), _pack(), _on("2026-01-05", "INSPECTION", RECYCLER, item="PACK"),
         _on("2026-02-01", "RECYCLING", MAKER, inputs=[{"key": "PACK"}])],
        "It is inspected before.",
    ),
    "MISSING_RECORD": Example(
        [*_known(MAKER), _on("2024-01-02", "ENROLMENT", MAKER, items=[{"key": "PACK", "kind": "BATTERY"}])],
        "The pack is enrolled: nobody knows who made it when.",
        [*_known(MAKER), _pack()],
        "Its production is reported.",
    ),
    "UNREGISTERED_ORGANIZATION": Example(
        [*_known(MAKER), _pack(), _sent("2024-02-01", MAKER, TRADER)],
        "Nobody registered the receiver.",
        [*_known(MAKER, CARS), _pack(), _sent("2024-02-01", MAKER, CARS)],
        "The receiver is registered.",
    ),
    "SHARED_IDENTIFIER": Example(
        [*_known(MAKER), _pack("PACK", identifiers=[{"scheme": "SN", "value": "7"}]),
         _pack("OTHER", "2024-01-03", identifiers=[{"scheme": "SN", "value": "7"}])],
        "Two packs have one serial number.",
        [*_known(MAKER), _pack("PACK", identifiers=[{"scheme": "SN", "value": "7"}]),
         _pack("OTHER", "2024-01-03", identifiers=[{"scheme": "SN", "value": "8"}])],
        "Each has its own.",
    ),
    "CUSTODY_GAP": Example(
        [*_known(MAKER, OWNER, OUTLET), _pack(), _sent("2024-02-01", MAKER, OWNER), _sent("2024-03-01", MAKER, OUTLET)],
        "The maker hands over what the owner has.",
        [*_known(MAKER, OWNER, OUTLET), _pack(), _sent("2024-02-01", MAKER, OWNER), _sent("2024-03-01", OWNER, OUTLET)],
        "The owner does.",
    ),
    "MISSING_REMOVAL": Example(
        [*_known(MAKER, OWNER), _pack(), _car("PACK"), _sent("2026-05-02", MAKER, OWNER)],
        "The pack is handed over while it is recorded in the car. That is no custody gap besides.",
        [*_known(MAKER, OWNER), _pack(), _car("PACK"), _on("2026-05-01", "REMOVAL", MAKER, part="PACK", host="CAR"),
         _sent("2026-05-02", MAKER, OWNER), _pack("SPARE"), _PACKED, _sent("2026-05-04", MAKER, OWNER, "SPARE")],
        "It was taken out before. The spare was packed in a logistic unit: to unpack it need not be reported.",
    ),
    "UNCONFIRMED_TRANSFER": Example(
        [*_known(MAKER, OUTLET), _pack(), _retired(), _sent("2026-04-12", MAKER, OUTLET)],
        "No receipt, and nothing else of the outlet.",
        [*_known(MAKER, OUTLET), _pack(), _retired(), _sent("2026-04-12", MAKER, OUTLET, eventId="transfer"),
         _on("2026-04-13", "RECEIPT", OUTLET, transfer="transfer")],
        "The outlet confirms it.",
    ),
    "STALE_CUSTODY": Example(
        [*_known(MAKER), _pack(), _retired("2025-01-10")],
        "Nothing happened to the retired pack since; the finding holds a year later.",
        [*_known(MAKER), _pack(), _retired("2025-01-10"),
         _on("2025-02-01", "RECYCLING", MAKER, inputs=[{"key": "PACK"}])],
        "It was recycled.",
    ),
    "LEFT_THE_LOOP": Example(
        [*_known(MAKER), _pack(), _on("2026-05-01", "DISPOSAL", MAKER, items=["PACK"], method="THEFT")],
        "The pack was stolen.",
        [*_known(MAKER), _pack(), _on("2026-05-01", "DISPOSAL", MAKER, items=["PACK"], method="INCINERATION")],
        "It burnt.",
    ),
    "CODE_MALFORMED": Example(
        [*_known(MAKER), _pack(CODE, chemistry="LFP")],
        "The code says ternary and 2024-01-01; the record says lithium iron phosphate.",
        [*_known(MAKER), _pack(CODE, chemistry="NMC622")],
        "Code and record agree.",
    ),
    "ORIGINAL_CODE_LOST": Example(
        [*_known(STORAGE, STORAGE="REPURPOSING"),
         _on("2026-05-01", "REPURPOSING", STORAGE, outputs=[{"key": "UNIT", "kind": "BATTERY"}])],
        "Nobody says what the unit was made of.",
        [*_known(STORAGE, STORAGE="REPURPOSING"), _pack("MODULE", actor=STORAGE, kind="MODULE"),
         _on("2026-05-01", "REPURPOSING", STORAGE, outputs=[_STORAGE_UNIT])],
        "Its module is named.",
    ),
    "CONTENT_MISMATCH": Example(
        [*_known(MAKER), _pack(massKg=10, parts=_PARTS)],
        "The module weighs more than the pack that it is in.",
        [*_known(MAKER), _pack(massKg=15, parts=_PARTS)],
        "It weighs less.",
    ),
    "LATE_REPORT": Example(
        [*_known(CARS), _on("2024-02-06", "PRODUCTION", CARS, outputs=[{"key": "CAR", "kind": "VEHICLE"}],
                            recorded="2024-03-07")],
        "15 working days from 2024-02-06, with the Spring Festival and a make-up Sunday, end with 2024-03-04.",
        [*_known(CARS), _on("2024-02-06", "PRODUCTION", CARS, outputs=[{"key": "CAR", "kind": "VEHICLE"}],
                            recorded="2024-03-01")],
        "It comes in time.",
    ),
    "UNAUTHORIZED_RECIPIENT": Example(
        [*_known(OWNER, RECYCLER), _pack(actor=OWNER), _retired(actor=OWNER),
         _sent("2026-04-12", OWNER, TRADER)],
        "The trader is nobody that may take a retired battery.",
        [*_known(OWNER, RECYCLER, OUTLET, "CARRIER"), _pack(actor=OWNER), _retired(actor=OWNER),
         _sent("2026-04-12", OWNER, "CARRIER"), _sent("2026-04-14", "CARRIER", OUTLET)],
        "A carrier brings it to an outlet.",
    ),
    "UNAUTHORIZED_PROCESSING": Example(
        [*_known(MAKER, RECYCLER, RECYCLER="COLLECTION"), _pack(), _sent("2026-04-20", MAKER, RECYCLER),
         _on("2026-05-01", "RECYCLING", RECYCLER, inputs=[{"key": "PACK"}])],
        "The recycler is authorized for collection only. That nobody reported a retirement does not matter.",
        [*_known(MAKER, RECYCLER, RECYCLER="RECYCLING"), _pack(), _sent("2026-04-20", MAKER, RECYCLER),
         _on("2026-05-01", "RECYCLING", RECYCLER, inputs=[{"key": "PACK"}])],
        "It is authorized for recycling.",
    ),
    "BATTERY_MISSING_AT_SCRAPPING": Example(
        [*_known(MAKER, OWNER, DISMANTLER), _pack(), _car("PACK"),
         _on("2026-05-01", "REMOVAL", OWNER, part="PACK", host="CAR"), _sent("2026-05-02", MAKER, DISMANTLER, "CAR"),
         _SCRAPPED],
        "The owner keeps the battery and brings an empty car.",
        [*_known(MAKER, DISMANTLER), _pack(), _car("PACK"), _sent("2026-05-01", MAKER, DISMANTLER, "CAR"), _OUT,
         _SCRAPPED],
        "The dismantler took it out itself.",
    ),
    "RECOVERY_BELOW_THRESHOLD": Example(
        [*_known(RECYCLER, RECYCLER="RECYCLING"), *_refined(9.7)],
        "Of 10 kg of nickel 9.7 kg come back; from 2025 on 98 % are asked for.",
        [*_known(RECYCLER, RECYCLER="RECYCLING"), *_refined(9.9)],
        "9.9 kg come back.",
    ),
    "RECYCLED_CONTENT_BELOW_MINIMUM": Example(
        [*_european(), *_refined(9.9, "2031-02"), *_built(1.0)],
        "Of the nickel in a pack made in 2032, 5 % is from recycled packs, where 6 % are asked for.",
        [*_european(), *_refined(9.9, "2031-02"), *_built(1.2)],
        "6 % are.",
    ),
    "FORBIDDEN_USE": Example(
        [*_known(STORAGE, STORAGE="REPURPOSING"), _pack("MODULE", actor=STORAGE, kind="MODULE"),
         _on("2026-05-01", "REPURPOSING", STORAGE, outputs=[_made_for("e-bike")])],
        "A second-life unit for an electric bicycle.",
        [*_known(STORAGE, STORAGE="REPURPOSING"), _pack("MODULE", actor=STORAGE, kind="MODULE"),
         _on("2026-05-01", "REPURPOSING", STORAGE, outputs=[_made_for("storage")])],
        "One for a house.",
    ),
}  # fmt: skip


def numbered(events: list[Event]) -> list[Event]:
    """The events, each with an id where it has none."""
    return [{"eventId": f"e{number}", **event} for number, event in enumerate(events, 1)]
