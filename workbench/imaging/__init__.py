"""Images made fit to leave the practice: pure functions from bytes to bytes."""
