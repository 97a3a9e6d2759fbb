"""Readers of the formats that others write."""
