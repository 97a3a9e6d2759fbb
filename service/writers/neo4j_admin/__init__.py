"""The graph as files for `neo4j-admin database import full`: the fast road of a first load into Neo4j."""

from service.writers.neo4j_admin.export import Export, Exported

__all__ = ["Export", "Exported"]
