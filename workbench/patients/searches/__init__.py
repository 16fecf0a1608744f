"""The searches of the patient store: what each one may be asked, and how it becomes SQL."""
