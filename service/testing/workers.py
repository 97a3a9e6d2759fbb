"""Whether the workers of pytest-xdist would get into each other's way on one Neo4j."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.version import Version

LAST_WITHOUT_GROUPS = "3.8.0"
"""The newest pytest-xdist that loses its groups under pytest 9.2 and newer (pytest-xdist issue 1386)."""


def trouble(dist: str, pytest_version: str = pytest.__version__, xdist_version: str | None = None) -> str | None:
    """Why tests of one group may run in several workers, with the way out; None where they do not.

    `dist` is the option of pytest-xdist, "no" where it does not distribute; versions default to those installed.
    """
    if dist == "no":
        return None
    if dist != "loadgroup":
        return "with pytest-xdist add --dist loadgroup"
    xdist = Version(xdist_version or version("pytest-xdist"))
    if Version(pytest_version) >= Version("9.2") and xdist <= Version(LAST_WITHOUT_GROUPS):
        return f"pytest-xdist {xdist} keeps no groups together under pytest {pytest_version}: take -n 0, or pytest<9.2"
    return None
