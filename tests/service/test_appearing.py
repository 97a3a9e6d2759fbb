"""A battery that appears at an organization to which nobody handed it: somebody enrols it, or confirms what went to
another."""

from typing import Any

import pytest

from graph_schema.rules.examples import Event
from tests.service.test_order_73 import _found, _known, _made, _on

GAP = "CUSTODY_GAP"
PLANT = _known("PLANT", "UTILIZER", authorizations=[{"scope": "RECYCLING"}])


def _enrolled(day: str, actor: str, *keys: str) -> Event:
    return _on(day, "ENROLMENT", actor, items=[{"key": key, "kind": "BATTERY"} for key in keys or ("PACK",)])


def _sent(day: str, actor: str, to: str, **more: Any) -> Event:
    return _on(day, "TRANSFER", actor, items=["PACK"], to=to, **more)


def _recycled(day: str, actor: str) -> Event:
    lot = {"key": "BM", "material": "black mass", "massKg": 100}
    return _on(day, "RECYCLING", actor, inputs=[{"key": "PACK"}], outputs=[lot])


def test_who_enrols_what_another_holds_has_it_unseen_and_that_is_told_once() -> None:
    (one,) = _found([PLANT, *_made(), _enrolled("2026-06-01", "PLANT"), _recycled("2026-06-09", "PLANT")], GAP)
    assert one.parties == ("PLANT", "OWNER")
    assert "enrols PACK on 2026-06-01, which OWNER was holding since 2025-03-01" in one.sentence


@pytest.mark.parametrize(
    "events",
    [
        [_enrolled("2026-06-01", "OWNER")],
        [_enrolled("2026-06-01", "PLANT"), _sent("2026-06-03", "OWNER", "PLANT")],
        [_sent("2026-05-30", "OWNER", "PLANT"), _enrolled("2026-06-01", "PLANT")],
        [_known("MINISTRY", "REGULATOR"), _enrolled("2026-06-01", "MINISTRY")],
        [_enrolled("2026-06-01", "PLANT", "OTHER")],
    ],
    ids=["its holder", "told a little later", "told before", "who oversees them", "another battery"],
)
def test_what_is_explained_is_no_gap(events: list[Event]) -> None:
    assert _found([PLANT, *_made(), *events], GAP) == []


def test_what_was_made_before_and_is_filled_in_late_is_no_gap() -> None:
    """The maker tells later of a battery that its owner enrolled: that it was sold is not in the log."""
    assert _found([PLANT, *_made(owner="MAKER"), _enrolled("2026-06-01", "PLANT")], GAP) == []


def test_who_confirms_what_was_sent_to_another_has_it_unseen() -> None:
    sent = _sent("2026-06-01", "OWNER", "TRADER", eventId="sent")
    confirmed = _on("2026-06-03", "RECEIPT", "PLANT", transfer="sent")
    (one,) = _found([PLANT, *_made(), sent, confirmed, _recycled("2026-06-09", "PLANT")], GAP)
    assert one.parties == ("PLANT", "TRADER")
    assert one.evidence[0] != "sent"
    assert "confirms to have received PACK" in one.sentence


@pytest.mark.parametrize(
    "events",
    [
        [_on("2026-06-03", "RECEIPT", "TRADER", transfer="sent")],
        [_on("2026-06-03", "RECEIPT", "OWNER", transfer="sent")],
        [_sent("2026-06-02", "TRADER", "PLANT"), _on("2026-06-03", "RECEIPT", "PLANT", transfer="sent")],
        [_on("2026-06-03", "RECEIPT", "PLANT", transfer="sent"), _sent("2026-06-04", "TRADER", "PLANT")],
    ],
    ids=["the receiver", "the sender", "it has it", "it gets it"],
)
def test_a_receipt_that_is_explained_is_no_gap(events: list[Event]) -> None:
    sent = _sent("2026-06-01", "OWNER", "TRADER", eventId="sent")
    assert _found([PLANT, *_made(), sent, *events], GAP) == []
