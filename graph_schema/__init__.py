"""What the graph is: events, fold, contents and trace. Pure: no database, no web, no clock."""
