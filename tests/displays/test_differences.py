"""A difference in a notebook: coloured, signs kept, and nothing of an email type's text runs."""

from __future__ import annotations

from workbench.displays.formatters import difference_bundle
from workbench.practice.revisions import Difference


def test_a_difference_is_coloured_and_keeps_its_signs():
    lines = ("--- version 1", "+++ version 2", "@@ -1 +1 @@", "-<p>a</p>", "+<script>b</script>", " ")
    bundle = difference_bundle(Difference("Essais/<b>", 1, 2, lines))
    assert bundle["text/plain"] == "\n".join(lines)
    html = bundle["text/html"]
    assert "<script>" not in html
    assert "<b>" in html.replace("&lt;b&gt;", "")  # the path's own is escaped, ours is bold
    assert "Essais/&lt;b&gt;" in html
    assert html.count("rgba(46,160,67") == html.count("rgba(248,81,73") == 1


def test_no_difference_is_said():
    assert "no difference" in difference_bundle(Difference("Essais/Essai", 1, 1, ()))["text/html"]
