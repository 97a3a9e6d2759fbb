"""Stores: each holds the log and the graph, and answers alike."""
