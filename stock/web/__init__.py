"""The pages of the shop. Views parse, submit a job or read, and render."""
