"""The Publipostage Workbench: filter patients, merge an email type, read every message, send once, know the truth."""
