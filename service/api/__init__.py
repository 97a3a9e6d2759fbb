"""The GraphQL interface: one file per noun."""
