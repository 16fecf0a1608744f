"""How our values look in a notebook: messages, mailings, findings and frames, shown safely and without stored names."""
