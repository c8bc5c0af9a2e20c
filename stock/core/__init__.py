"""Rules of stock in plain Python: no Django, no clock."""
