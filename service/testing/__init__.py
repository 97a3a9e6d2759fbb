"""What test suites need: a pytest plugin (docs/testing.md), and a real Neo4j, wherever they run."""
