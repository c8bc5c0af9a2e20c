"""What follows what happened: readers of queues and of the journal."""
