"""`bolt://`, `neo4j://`, `neo4j+s://` - a Neo4j database: the graph under the model's labels, for many services."""

from service.stores.neo4j.connection import Login
from service.stores.neo4j.store import Neo4jStore

__all__ = ["Login", "Neo4jStore"]
