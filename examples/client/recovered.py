"""What became of a pack's substance, and handing a new one over: `python recovered.py PACK NEW_PACK RECEIVER WHEN`.

The service's address is in VOLTRACE_URL, in VOLTRACE_TOKEN the token of the participant who has the new
pack. WHEN is a time with its zone, such as 2026-10-02T08:00:00+08:00.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from voltrace_sync import Client, TraceDirection, TransferInput


def recovered(client: Client, key: str) -> None:
    """Print how much of each element of an item is in lots or new products, in kg."""
    trace = client.trace(key, TraceDirection.FORWARD)
    if trace is None:
        print(f"{key} is not known")
        return
    for row in trace.balance:
        print(f"{row.element or 'total'}: {row.recovered_kg + row.used_in_production_kg:.3f} of {row.root_kg:.3f} kg")


def hand_over(client: Client, key: str, receiver: str, when: datetime) -> None:
    """Record a transfer. The event's id says which it is: sent again it is a duplicate, another time another one."""
    giver = client.viewer().organization
    if giver is None:
        print("the token is not that of an organization")
        return
    event_id = f"handover-{key}-{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    event = TransferInput(event_id=event_id, occurred_at=when, actor=giver, items=[key], to=receiver)
    answer = client.record_transfer(event)
    print(answer.status.value, *(problem.message for problem in answer.problems))
    battery = client.battery(key)
    if battery is not None and battery.holder is not None:
        print("held by", battery.holder.name)


def main(pack: str, new_pack: str, receiver: str, when: str) -> None:
    """Ask, and record."""
    headers = {"Authorization": f"Bearer {os.environ['VOLTRACE_TOKEN']}"}
    with Client(f"{os.environ['VOLTRACE_URL']}/graphql", headers) as client:
        recovered(client, pack)
        hand_over(client, new_pack, receiver, datetime.fromisoformat(when))


if __name__ == "__main__":
    main(*sys.argv[1:])
