"""The words of the practice: frozen values and their rules; standard library only."""
