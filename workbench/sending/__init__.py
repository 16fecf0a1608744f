"""Pending deliveries out, outcomes back: the sender and its pace."""
