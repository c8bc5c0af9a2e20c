"""What changes stock, each in its transaction."""
