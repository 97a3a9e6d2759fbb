"""The service: stores, use cases, GraphQL and the command line."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("voltrace")
except PackageNotFoundError:
    __version__ = "0"
