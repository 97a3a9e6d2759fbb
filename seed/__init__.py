"""Histories to start from: a real file, a short story, a synthetic nation."""
