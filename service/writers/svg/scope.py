"""By what a picture's own styles and names are told from those of a page around it."""

SCOPE = "trace-picture"
"""The class of the picture; what it calls by an id begins with it."""
