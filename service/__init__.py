"""The service: stores, use cases, GraphQL and the command line."""
