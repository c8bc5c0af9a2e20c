"""The pages of seats, for buyers and for the staff."""
