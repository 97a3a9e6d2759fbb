"""Who makes what: manufacturer codes of GB/T 34014-2017, positions 1 to 3.

The codes are assigned by the registration system of the standard, which publishes no list. A code that is not here is
as good as one that is; a line more makes it say who it is.
"""

MANUFACTURERS = {
    "001": "CATL",
    "03U": "Zenergy",
    "04Q": "EVE",
}
