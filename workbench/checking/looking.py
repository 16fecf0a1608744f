"""Look through an email type: as it is written, and as it is merged for each invented patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from workbench.checking.accessibility import check_author, check_merged
from workbench.checking.fields import check_holes, check_touching
from workbench.checking.links import check_links, check_merged_links, check_pictures
from workbench.checking.mail_programs import check_mail_programs
from workbench.checking.markup import LARGEST_READ, Markup, as_author_wrote, read_markup
from workbench.checking.remarks import few_of_each, warning
from workbench.checking.sample_patients import BARE, EXAMPLES, UNUSUAL, sample_name, sample_values
from workbench.checking.settings import Surroundings, check_settings
from workbench.checking.size import check_size, check_text_part
from workbench.checking.subject import check_subject
from workbench.checking.words import advertising, health_words, way_to_decline
from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding, Severity
from workbench.domain.messages import Rendered
from workbench.domain.pictures import picture_url
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.render import CompiledTemplate
from workbench.merging.syntax import compile_codes

RenderAll = Callable[[Iterable[Mapping[str, object]]], Iterable[Rendered | TemplateRefused]]
"""Merges an email type with several rows of values, in their order."""


def check_template(
    template: Template,
    compiled: CompiledTemplate,
    catalogue: Catalogue,
    *,
    render_all: RenderAll,
    now: datetime,
    there: Surroundings,
    adult_age: int = 18,
) -> list[Finding]:
    """Return all that is wrong or doubtful in an email type, errors first.

    Parameters
    ----------
    compiled
        The same email type, compiled with any names of the practice's own; its findings are among those returned.
    render_all
        What merges: the rendering process (P10).
    now
        The moment of the check, aware: the invented patients' ages and appointments count from it.
    there
        What there is that it may name.
    """
    findings = [*compiled.findings, *check_settings(template, there), *check_touching(template, catalogue)]
    rendered: dict[str, Rendered] = {}
    if not compiled.blocking:
        rendered, refused = _tried(template, compiled, catalogue, render_all, now=now, adult_age=adult_age)
        findings += refused
    somebody = {name: message for name, message in rendered.items() if name != BARE}
    findings += check_subject(template, somebody, catalogue, health_words(there.health_words), unusual=UNUSUAL)
    author = read_markup(as_author_wrote(compile_codes(template.html, catalogue, in_html=True)[0]))
    if not author.whole:
        sentence = _("The text has more than {most} characters: only the first ones were looked through.")
        findings.append(warning("not_looked_through", sentence.format(most=LARGEST_READ)))
    own_text = " ".join(words.text for words in author.words)
    findings += [*advertising(template.subject, own_text), *way_to_decline(template, own_text)]
    findings += [*check_links(author), *_about_pictures(template, author, there), *check_author(author)]
    merged = {name: read_markup(rendered[name].html) for name in (EXAMPLES, "woman", BARE) if name in rendered}
    dropped = [one.code.partition(":")[2] for one in compiled.findings if one.code.startswith("dropped_html:")]
    findings += check_mail_programs(author, merged.values(), dropped)
    findings += _about_merged(template, somebody, merged, author, catalogue)
    findings += check_size(rendered, there.files.values())
    return few_of_each(findings)


def _about_pictures(template: Template, author: Markup, there: Surroundings) -> list[Finding]:
    kept = frozenset(map(picture_url, template.pictures))
    return check_pictures(author, kept=kept, is_beside=there.is_beside)


def _about_merged(
    template: Template,
    rendered: Mapping[str, Rendered],
    merged: Mapping[str, Markup],
    author: Markup,
    catalogue: Catalogue,
) -> list[Finding]:
    if not rendered:
        return []
    return [
        *check_holes(rendered),
        *check_text_part(template, rendered, author, catalogue),
        *check_merged_links(author, merged),
        *check_merged(next(iter(merged.values())), author),
    ]


def _tried(
    template: Template,
    compiled: CompiledTemplate,
    catalogue: Catalogue,
    render_all: RenderAll,
    *,
    now: datetime,
    adult_age: int,
) -> tuple[dict[str, Rendered], list[Finding]]:
    """Merge it for each invented patient; return the messages, and what stands in the way of the others."""
    values = sample_values(template, compiled, catalogue, now=now, adult_age=adult_age)
    first, *others = values
    rendered: dict[str, Rendered] = {}
    refused: dict[str, TemplateRefused] = {}
    # What takes too long takes its time with everybody: it is found out with one of them.
    for names in ([first], others):
        for name, made in zip(names, render_all(values[name] for name in names), strict=True):
            if isinstance(made, TemplateRefused):
                refused[name] = made
            else:
                rendered[name] = made
        if refused:
            break
    if not refused:
        return rendered, []
    name, trouble = next(iter(refused.items()))
    message = trouble.sentence
    if name != first:
        message = _("With {sample}: {problem}").format(sample=sample_name(name), problem=message)
    if compiled.names:
        message = _("With an invented text for each name of your own: {problem}").format(problem=message)
    severity = Severity.WARNING if compiled.names else Severity.ERROR
    sample = "" if name == first else name
    found = Finding(code="render_error", severity=severity, message=message, line=trouble.line, recipient=sample)
    return rendered, [found]
