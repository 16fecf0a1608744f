"""The check of an email type: what a person would find out too late, said before the first message leaves."""
