"""The verbs of seats, each in a transaction."""
