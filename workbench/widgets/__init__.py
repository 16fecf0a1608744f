"""Thin views on the core, for notebooks: values in, gestures out; no SQL, no SMTP, no rule (DESIGN 3)."""
