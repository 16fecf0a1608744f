"""Messages on paper: the very HTML that was sent, laid out as pages of a PDF, without asking anything of a network."""
