"""Our own database: what was prepared, what was sent, and what became of it."""
