"""A signature in a notebook: round a sample text, in a frame in which nothing runs."""

from __future__ import annotations

from html import unescape

from workbench.displays.formatters import signature_bundle
from workbench.domain.signatures import Signature


def test_a_signature_is_shown_with_examples_in_a_closed_frame():
    bundle = signature_bundle(Signature(label="Cabinet", html="<div>@CORPS</div><p>@CABNOM</p>"))
    assert bundle["text/plain"] == "<Signature « Cabinet »>"
    assert '<iframe sandbox=""' in bundle["text/html"]
    screen = unescape(bundle["text/html"])
    assert "The text of the message." in screen
    assert "Cabinet des Tilleuls" in screen


def test_what_would_run_in_a_label_or_a_signature_does_not():
    html = signature_bundle(Signature(label="<b>x</b>", html="@CORPS<script>alert(1)</script>"))["text/html"]
    assert "<b>x</b>" not in html
    assert "alert(1)" not in html
