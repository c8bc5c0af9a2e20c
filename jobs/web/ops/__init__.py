"""The operators' pages: a module for each; what they share is in shell."""
