"""Flows of metal: what came on the market, was retired, and came back, as pure functions over rows.

A row per battery (`batteries.py`) and a row per transformation (`transformations.py`) are read off `facts.py`.
`recovery.py` follows matter over the chain of plants, `summaries.py` counts batteries, `content.py` says what is
recycled in new ones. Masses are kg; what is not known is None, and counted.
"""
