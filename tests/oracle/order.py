"""The total order of events (7.1), duplicates, and the resolution of voidings (7.5), which comes before the fold."""

from datetime import UTC, datetime

TYPES = [
    "REGISTRATION", "ENROLMENT", "PRODUCTION", "INSPECTION", "RETIREMENT", "TRANSFER", "RECEIPT", "REMOVAL",
    "DISMANTLING", "SCRAPPING", "REPURPOSING", "INSTALLATION", "RECYCLING", "REFINING", "DISPOSAL", "VOIDING",
]  # fmt: skip

Verdict = tuple[str, list[str]]  # status, sorted problem codes


def instant(time: str) -> datetime:
    return datetime.fromisoformat(time).astimezone(UTC)


def order_key(event: dict) -> tuple:
    return instant(event["occurredAt"]), TYPES.index(event["type"]), event.get("step") or 0, event["eventId"]


def in_order(events: list[dict]) -> list[dict]:
    """Each event once (as first sent), in the total order."""
    first_sent = {event["eventId"]: event for event in reversed(events)}
    return sorted(first_sent.values(), key=order_key)


def resolve_voidings(ordered: list[dict]) -> tuple[set[str], dict[str, Verdict]]:
    """The ids of all voided events, and the verdict on each voiding."""
    log = {event["eventId"]: event for event in ordered}
    regulators = {
        event["organization"]["key"]
        for event in ordered
        if event["type"] == "REGISTRATION" and "REGULATOR" in (event["organization"].get("roles") or [])
    }
    voided: set[str] = set()
    verdicts: dict[str, Verdict] = {}
    for voiding in reversed([event for event in ordered if event["type"] == "VOIDING"]):
        verdict = ("VOIDED", []) if voiding["eventId"] in voided else _judge_voiding(voiding, log, regulators)
        verdicts[voiding["eventId"]] = verdict
        if verdict[0] == "ACCEPTED":
            voided.add(voiding["voids"])
    return voided, verdicts


def _judge_voiding(voiding: dict, log: dict[str, dict], regulators: set[str]) -> Verdict:
    target = log.get(voiding["voids"])
    if target is None:
        return "PENDING", ["UNKNOWN_EVENT"]
    if target["type"] == "VOIDING" and order_key(target) >= order_key(voiding):
        return "CONTESTED", ["NOT_ENTITLED"]
    if voiding["actor"] != target["actor"] and voiding["actor"] not in regulators:
        return "CONTESTED", ["NOT_ENTITLED"]
    return "ACCEPTED", []
