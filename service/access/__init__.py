"""Who may see and do what: identities, and the one place that withholds."""
