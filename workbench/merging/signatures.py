"""Read a signature from its file, see that its body marker stands where a text can go, and show it with examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from html.parser import HTMLParser

from jinja2 import TemplateSyntaxError, nodes

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.pictures import PICTURE_FORMAT
from workbench.domain.signatures import BODY_MARKER, Signature
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.entities import shortened
from workbench.merging.render import compile_template
from workbench.merging.sandbox import Sandbox
from workbench.merging.template_file import front_of, template_from_file

_MARKER = re.compile(rf"{BODY_MARKER}(?![A-Z0-9_])")
_UNSHOWN = frozenset({"style", "script", "title", "head"})


def signature_from_file(text: str, *, name: str) -> Signature:
    """Return the signature that a file holds: front matter with its ``label`` (else `name`), then the HTML.

    Raises
    ------
    TemplateRefused
        When the front matter cannot be read or says more than a signature has.
    """
    template = template_from_file(text, name=name)
    if template != Template(label=template.label, subject=template.label, html=template.html):
        raise TemplateRefused(_("A signature has a label and its text, and no other setting."))
    return Signature(label=template.label, html=template.html)


def signature_to_text(signature: Signature) -> str:
    """Return the file of a signature, always the same; `signature_from_file` gives the same one back."""
    return f"---\n{front_of({'label': signature.label})}---\n{signature.html}"


def check_signature(signature: Signature, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Return the findings about a signature: fields that nobody knows, HTML that was left out.

    Raises
    ------
    TemplateRefused
        When it cannot be compiled, or its body marker does not stand exactly once, in the open.
    """
    compiled = compile_template(_as_template(signature, "x"), catalogue)
    _check_marker(signature.html)
    return compiled.findings


def shown_signature(
    signature: Signature,
    catalogue: Catalogue,
    *,
    render: Callable[[Template, Mapping[str, object]], Rendered] | None = None,
    pictures: Mapping[str, str | None] | None = None,
) -> str:
    """Return the HTML of a signature round a sample text, its fields filled with their examples.

    `render` is what merges: the rendering process (P10), or by default this one, for the tests of merging. `pictures`
    are the addresses of the images that fields show, by code; without one an image is left out.
    """
    shown_images = pictures or {}
    examples: Mapping[str, object] = {
        field.code: shown_images.get(field.code) if field.format == PICTURE_FORMAT else field.example
        for field in catalogue.values()
    }
    template = _as_template(signature, _("The text of the message."))
    shown = compile_template(template, catalogue).render(examples) if render is None else render(template, examples)
    return shown.html


def _as_template(signature: Signature, body: str) -> Template:
    html = _MARKER.sub(lambda _found: escape(body), signature.html)
    return Template(label=signature.label, subject=signature.label, html=html)


def _check_marker(html: str) -> None:
    """Refuse a marker that is missing, repeated, hidden in a tag, or that a condition could take away."""
    count = len(_MARKER.findall(html))
    if not count:
        raise TemplateRefused(
            _("The marker {marker} is missing: it says where the text of the message goes.").format(marker=BODY_MARKER)
        )
    if count > 1:
        raise TemplateRefused(
            _("The marker {marker} stands {count} times: the text of the message goes in one place.").format(
                marker=BODY_MARKER, count=count
            )
        )
    reader = _Reader()
    reader.feed(shortened(html))
    reader.close()
    if not _MARKER.search("\n".join(reader.read)) or not _in_the_open(html):
        raise TemplateRefused(
            _("The marker {marker} must stand in the text, outside any tag, condition or loop.").format(
                marker=BODY_MARKER
            )
        )


def _in_the_open(html: str) -> bool:
    """Tell whether the marker is plain text of the template itself: nothing decides whether it is there."""
    try:
        tree = Sandbox(autoescape=True).parse(html)
    except TemplateSyntaxError:  # already told with its line
        return False
    outputs = [node for node in tree.body if isinstance(node, nodes.Output)]
    texts = [part.data for output in outputs for part in output.nodes if isinstance(part, nodes.TemplateData)]
    return any(_MARKER.search(text) for text in texts)


class _Reader(HTMLParser):
    """Collects what a person reads of some HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read: list[str] = []
        self._unshown = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unshown += tag in _UNSHOWN

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSHOWN:
            self._unshown = max(0, self._unshown - 1)

    def handle_data(self, data: str) -> None:
        if not self._unshown:
            self.read.append(data)
