"""The order of positions as bytes is the total order of events (7.1)."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from graph_schema.order import (
    TYPE_ORDER,
    cut_after,
    event_id_of,
    instant_us,
    moment_of,
    moment_of_us,
    position_of,
    type_of,
)

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)) | st.sampled_from(
    [datetime(2024, 3, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]
)
steps = st.integers(-(2**62), 2**62) | st.sampled_from([-1, 0, 1])
ids = st.text(
    st.characters(exclude_categories=["C"]) | st.sampled_from("z\uff5a\U0001f50b\ue000"), min_size=1, max_size=9
)
events = st.tuples(moments, st.sampled_from(TYPE_ORDER), steps, ids)


def in_words(event: tuple) -> tuple:
    at, kind, step, event_id = event
    return at, TYPE_ORDER.index(kind), step, [ord(letter) for letter in event_id]


@given(events, events)
def test_bytes_are_in_the_order_of_the_events(one: tuple, other: tuple) -> None:
    assert (position_of(*one) < position_of(*other)) == (in_words(one) < in_words(other))
    assert (position_of(*one) == position_of(*other)) == (one == other)


@given(events)
def test_a_position_holds_the_event(event: tuple) -> None:
    at, kind, _, event_id = event
    position = position_of(*event)
    assert (moment_of(position), type_of(position), event_id_of(position)) == (at, kind, event_id)
    assert moment_of_us(instant_us(at)) == at


@given(events, moments)
def test_a_cut_is_after_all_events_of_its_moment(event: tuple, moment: datetime) -> None:
    assert (position_of(*event) < cut_after(moment)) == (event[0] <= moment)


def test_beyond_the_basic_plane_comes_after_the_private_use_area() -> None:
    """By code point, not by UTF-16 unit, where the battery (U+1F50B) would come before the fullwidth z (U+FF5A)."""
    at = datetime(2024, 3, 1, tzinfo=UTC)
    assert position_of(at, "TRANSFER", 0, "\uff5a") < position_of(at, "TRANSFER", 0, "\U0001f50b")
    assert position_of(at, "TRANSFER", 0, "a") < position_of(at, "TRANSFER", 0, "aa")


def test_one_instant_has_many_spellings() -> None:
    china = datetime(2024, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert position_of(china, "REMOVAL", 0, "e") == position_of(datetime(2024, 3, 1, tzinfo=UTC), "REMOVAL", 0, "e")


def test_the_order_of_types_is_that_of_the_contract() -> None:
    assert " ".join(TYPE_ORDER) == (
        "REGISTRATION ENROLMENT PRODUCTION INSPECTION RETIREMENT TRANSFER RECEIPT REMOVAL DISMANTLING SCRAPPING "
        "REPURPOSING INSTALLATION RECYCLING REFINING DISPOSAL VOIDING"
    )
