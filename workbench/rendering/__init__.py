"""Merge email types in a process of their own, with limits of memory, time and output (promise P10, DESIGN 8.10)."""
