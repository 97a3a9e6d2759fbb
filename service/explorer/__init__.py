"""The explorer: pages for people, drawn by the service."""
