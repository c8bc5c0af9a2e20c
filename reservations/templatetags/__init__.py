"""How seats and times are written on the pages of seats."""
