"""Something to look at on the first day: a small household shop, its pictures drawn here."""
