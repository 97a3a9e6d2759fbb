"""What became of a pack's substance, and handing a new one over: `python recovered.py PACK NEW_PACK RECEIVER`.

The service's address is in VOLTRACE_URL, the token of a participant in VOLTRACE_TOKEN.
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


def hand_over(client: Client, key: str, receiver: str) -> None:
    """Record a transfer. Sent again it is a duplicate: the event's id says that it is the same."""
    giver = client.viewer().organization
    if giver is None:
        print("the token is not that of an organization")
        return
    event = TransferInput(
        event_id=f"handover-{key}", occurred_at=datetime(2026, 10, 2, tzinfo=UTC), actor=giver, items=[key], to=receiver
    )
    answer = client.record_transfer(event)
    print(answer.status.value, *(problem.message for problem in answer.problems))
    battery = client.battery(key)
    if battery is not None and battery.holder is not None:
        print("held by", battery.holder.name)


def main(pack: str, new_pack: str, receiver: str) -> None:
    """Ask, and record."""
    headers = {"Authorization": f"Bearer {os.environ['VOLTRACE_TOKEN']}"}
    with Client(f"{os.environ['VOLTRACE_URL']}/graphql", headers) as client:
        recovered(client, pack)
        hand_over(client, new_pack, receiver)


if __name__ == "__main__":
    main(*sys.argv[1:])
