"""Plain Python: no Django, no clock, no dice."""
