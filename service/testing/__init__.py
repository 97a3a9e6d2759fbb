"""What test suites need: a real Neo4j, wherever they run."""
