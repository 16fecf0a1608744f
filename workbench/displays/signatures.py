"""Show a signature as it looks round a message."""

from __future__ import annotations

import html
from functools import partial

from workbench.displays.mail_html import safe_document
from workbench.domain.signatures import Signature
from workbench.language import _, language
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.signatures import shown_signature
from workbench.practice.letters import render_alone


def signature_html(signature: Signature) -> str:
    """Return a signature round a sample text, its fields filled with examples; nothing in it runs or loads (P11)."""
    catalogue = builtin_catalogue()
    shown = shown_signature(signature, catalogue, render=partial(render_alone, catalogue))
    screen = safe_document(shown, language=language()).html
    label = html.escape(signature.label, quote=True)
    note = html.escape(_("Signature, with examples in the place of the fields"))
    return (
        '<div style="border:1px solid var(--jp-border-color2,#d9dce1);border-radius:8px;overflow:hidden;'
        'max-width:960px;font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif)">'
        '<div style="padding:8px 14px;background:var(--jp-layout-color2,#f5f6f8);'
        'border-bottom:1px solid var(--jp-border-color2,#d9dce1)">'
        f'<div style="font-weight:600">{label}</div><div>{note}</div></div>'
        f'<iframe sandbox="" referrerpolicy="no-referrer" title="{label}" '
        'style="display:block;width:100%;height:260px;border:0;background:#fff" '
        f'srcdoc="{html.escape(screen, quote=True)}"></iframe></div>'
    )
