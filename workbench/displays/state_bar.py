"""The states of a mailing as one bar and its numbers, in plain HTML that needs no style sheet and no script."""

from __future__ import annotations

from html import escape

from workbench.displays.words import number_words
from workbench.domain.mailings import Counts

COLOURS = {
    "sent": "var(--jp-success-color1, #1a7f37)",
    "failed": "var(--jp-error-color1, #c62828)",
    "in_doubt": "var(--jp-warn-color1, #9a6700)",
    "skipped": "var(--jp-ui-font-color3, #8c919b)",
    "pending": "var(--jp-border-color1, #c4c8cf)",
    "cancelled": "var(--jp-ui-font-color3, #8c919b)",
}
"""Each state's colour: JupyterLab's own, which follows its theme, else one that reads on white."""


def state_bar(counts: Counts, note: str = "") -> str:
    """Return the rows of a mailing as HTML: a bar, and under it the numbers that add up to the list."""
    shown = {status: getattr(counts, status) for status in COLOURS}
    told = [(status, number_words(status), number) for status, number in shown.items() if number or status == "sent"]
    words = " · ".join(f"{word} {number}" for _status, word, number in told)
    parts = "".join(
        f'<span style="flex:{number} 0 0;min-width:3px;background:{COLOURS[status]}"></span>'
        for status, _word, number in told
        if number
    )
    numbers = "".join(
        f'<span style="margin-right:18px;white-space:nowrap"><span style="color:{COLOURS[status]};font-weight:600">'
        f"{escape(word)}</span> <b>{number}</b></span>"
        for status, word, number in told
    )
    noted = f'<div style="opacity:.75">{escape(note)}</div>' if note else ""
    return (
        f'<div role="img" aria-label="{escape(words, quote=True)}" style="max-width:640px;font-family:var('
        '--jp-ui-font-family, system-ui, sans-serif);line-height:1.6">'
        '<div style="display:flex;gap:2px;height:10px;border-radius:5px;overflow:hidden;margin:6px 0;'
        f'background:var(--jp-layout-color2, #eef0f3)">{parts}</div>'
        f"<div>{numbers}</div>{noted}</div>"
    )
