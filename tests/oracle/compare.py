"""Where an answer of the product differs from the oracle's."""

import math

MOMENTS = ("CONSUMED_IN", "YIELDED")  # open for no time at all: who closed them is not compared
NOTHING = (0.0, 0.0, None)


def differences(expected: dict | None, actual: dict | None, tolerance: float = 1e-9) -> list[str]:
    """`expected` from `Dye.trace`, `actual` in the same shape. Rows of 0 kg and no row are the same."""
    if expected is None or actual is None:
        return [] if expected is actual else [f"known: {expected is not None} / {actual is not None}"]
    found = [
        f"item {key}: {expected['items'].get(key)} / {actual['items'].get(key)}"
        for key in sorted(expected["items"].keys() | actual["items"].keys())
        if expected["items"].get(key) != actual["items"].get(key)
    ]
    here, there = _edges(expected), _edges(actual)
    found += [f"edge missing: {edge}" for edge in sorted(here - there, key=str)]
    found += [f"edge too many: {edge}" for edge in sorted(there - here, key=str)]
    for row in sorted(expected["attribution"].keys() | actual["attribution"].keys()):
        one, other = expected["attribution"].get(row, NOTHING), actual["attribution"].get(row, NOTHING)
        if not _close(one[:2], other[:2], tolerance) and max(one[0], other[0]) > tolerance:
            found.append(f"attribution {row}: {one} / {other}")
        elif one[2] != other[2] and max(one[0], other[0]) > tolerance:
            found.append(f"basis {row}: {one} / {other}")
    for element in sorted(expected["balance"].keys() | actual["balance"].keys()):
        one, other = expected["balance"].get(element), actual["balance"].get(element)
        if not _same_balance(one, other, tolerance):
            found.append(f"balance {element!r}: {one} / {other}")
    return found


def _edges(answer: dict) -> set[tuple]:
    return {edge[:4] if edge[0] in MOMENTS else edge for edge in answer["edges"]}


def _close(one: tuple, other: tuple, tolerance: float) -> bool:
    return all(math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance) for a, b in zip(one, other, strict=True))


def _same_balance(one: tuple | None, other: tuple | None, tolerance: float) -> bool:
    if one is None or other is None:
        return max(map(abs, one or other)) <= tolerance
    return _close(one, other, tolerance * max(1.0, abs(one[0])))
