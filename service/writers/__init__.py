"""Writers: a trace in the forms that people and programs read."""
