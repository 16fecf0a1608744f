"""Recipients in, messages out: pure functions between frames and letters."""
