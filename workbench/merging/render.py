"""Compile an email type once, then merge it for each recipient: values in, subject, HTML and text out.

A compiled template is made of plain things only (the template, the catalogue, names), so a child process can compile
it again from the same JSON and render there (DESIGN 8.10). What varies per message is one pass over three small
Jinja2 programs; CSS is inlined, HTML made safe and the text part written once a template.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from types import FrameType
from typing import Any

import css_inline
from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateError as JinjaError
from jinja2 import TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.exceptions import SecurityError, TemplateAssertionError
from jinja2.utils import concat

from workbench.domain.fields import Catalogue, DataClass
from workbench.domain.mailings import Finding, Severity
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.bodies import Merged, QuotedJoin, QuotedLines, Shown, encoded_body
from workbench.merging.budget import LARGEST_VALUE, Budget
from workbench.merging.grammar import FORGIVING
from workbench.merging.marks import MARKING_FILTERS, between, faithful
from workbench.merging.pictures import misplaced_pictures
from workbench.merging.places import PLACE_FILTERS, TEXT_FILTERS
from workbench.merging.plain_text import text_from_html, tidied
from workbench.merging.protected import SIGN, ProtectedHtml, signs_of
from workbench.merging.safety import protect
from workbench.merging.sandbox import Sandbox, refuse_constructs
from workbench.merging.syntax import JINJA, compile_codes, unknown_code

LARGEST_MESSAGE = LARGEST_VALUE
"""Characters of a rendered part: what the limits of DESIGN 8.10 allow."""

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_EMPTY_STYLE = re.compile(r"<style[^>]*>\s*</style>", re.IGNORECASE)
_DYNAMIC_SELECTOR = re.compile(rf'\s(?:class|id)="[^"]*{SIGN}')
_QUOTED = re.compile(r"'([^']*)'")
_MISSING_NAME = re.compile(r"'([^']*)' is undefined")
_LONGEST_ESCAPE = 6  # characters that one character of a value may become: « &quot; »
_Program = Callable[[dict[str, object], bool], str]
"""Merges one part of a message with values; counts what it makes when these may make it too large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTemplate:
    """An email type ready to be merged.

    `codes` are the catalogue's fields it uses, `names` the other names (columns of a table, values of a mailing).
    `findings` are about the template itself; one of severity *error* means that it must not be sent.
    `missing` is what stands for a missing value: a default text, else nothing. `optional` names are only asked about
    (``is defined``, ``|default``), `guarded` ones are tested by an ``{% if %}``; `health` are the fields of health,
    `asked` those that have one value for everybody, asked before sending.
    `harmless` is how many characters its values may count without any part growing too large.
    """

    template: Template
    codes: frozenset[str]
    names: frozenset[str]
    findings: tuple[Finding, ...]
    missing: Mapping[str, str | None]
    optional: frozenset[str]
    guarded: frozenset[str]
    health: frozenset[str]
    asked: frozenset[str]
    subject: _Program = field(repr=False)
    html: _Program = field(repr=False)
    text: _Program = field(repr=False)
    marking: Callable[[], tuple[_Program, _Program]] = field(repr=False)
    author: _Author = field(repr=False)
    by_lines: Mapping[str, QuotedJoin] | None = field(repr=False, default=None)
    known_lines: QuotedLines = field(repr=False, default_factory=QuotedLines)
    inliner: css_inline.CSSInliner | None = field(repr=False, default=None)
    tidy_text: bool = False
    budget: Budget = field(repr=False, default_factory=Budget)
    harmless: int = 0

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings for which this template must not be sent: unknown codes."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Merge the template with plain values, by code or column name; ``None`` is missing.

        Raises
        ------
        TemplateRefused
            With the line, when these values cannot be merged or make a message beyond 2 MB.
        """
        return self._merged(values, self.html, self.text)

    def render_marked(self, values: Mapping[str, object]) -> Rendered:
        """Merge as `render` does, with marks round the merged values of HTML and text (`merging.marks`).

        A part that marks would change otherwise comes without any.

        Raises
        ------
        TemplateRefused
            As `render`.
        """
        plain = self.render(values)
        try:
            marked = self._merged(values, *self.marking())
        except TemplateRefused:  # too much with its marks
            return plain
        return replace(plain, html=faithful(marked.html, plain.html), text=faithful(marked.text, plain.text))

    def encoded(self, values: Mapping[str, object], *, whole: bool = False) -> Merged:
        """Merge as `render` does and encode the bodies; with `whole` they come as text, too.

        Raises
        ------
        TemplateRefused
            As `render`.
        """
        rendered = self.render(values)
        return Merged(
            rendered.subject,
            encoded_body(rendered.text, self.known_lines),
            encoded_body(rendered.html, self.known_lines),
            rendered if whole else None,
        )

    def in_pieces(self, values: Mapping[str, object]) -> tuple[str, list[bytes], list[bytes]] | None:
        """Return the subject and the pieces of text and HTML that are this message's own (`bodies.QuotedJoin`).

        Nothing, where the bodies of these values are not made in this way: `encoded` tells them.

        Raises
        ------
        TemplateRefused
            As `render`.
        """
        if self.by_lines is None:
            return None
        merged, large = self._ready(values)
        if large:
            return None
        self.budget.renew()
        try:
            subject = self.subject(merged, large)
            html = self.by_lines["html"].pieces(merged)
            text = self.by_lines["text"].pieces(merged) if html is not None else None
        except _IN_A_RENDERING as error:
            raise self.author.explain(error, merged) from error
        return None if html is None or text is None else (one_line(subject), text, html)

    def trace(self, values: Mapping[str, object], tell: Callable[[int, int], None]) -> None:
        """Merge the sources as they were written and tell of each new line before it is merged.

        `tell` gets the part (an index of `PARTS`) and the author's line. What goes wrong is not told here:
        `render` does.
        """
        self.author.trace(self._ready(values)[0], tell)

    def _ready(self, values: Mapping[str, object]) -> tuple[dict[str, object], bool]:
        """Return what the programs merge, and whether it could make a message too large."""
        # A missing value is the empty text: blank and false, and whatever filter it meets, blank again.
        merged: dict[str, object] = {name: text or "" for name, text in self.missing.items()}
        size = 0
        for name, value in values.items():
            if type(value) is str:
                size += len(value)
                merged[name] = value if value.isascii() else _encodable(value)
            elif value is not None:
                size += 20 if isinstance(value, (int, float)) else LARGEST_MESSAGE
                merged[name] = _without_nulls(value)
            elif name not in merged:
                merged[name] = ""
        return merged, size > self.harmless

    def _merged(self, values: Mapping[str, object], html_program: _Program, text_program: _Program) -> Rendered:
        merged, large = self._ready(values)
        self.budget.renew()
        try:
            subject = self.subject(merged, large)
            html = html_program(merged, large)
            text = text_program(merged, large)
        except _IN_A_RENDERING as error:
            raise self.author.explain(error, merged) from error
        if len(html) > LARGEST_MESSAGE or len(text) > LARGEST_MESSAGE or len(subject) > LARGEST_MESSAGE:
            raise TemplateRefused(too_large(max(len(html), len(text), len(subject)), LARGEST_MESSAGE))
        if self.inliner is not None:
            html = self.inliner.inline(html)
        if self.tidy_text:
            text = tidied(text) + "\n"
        return Rendered(subject=one_line(subject), html=html, text=text)


_IN_A_RENDERING = (
    JinjaError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError
)  # fmt: skip

PARTS = ("subject", "html", "text")
"""The parts of an email type, in the order in which they are merged."""


def too_large(size: int, most: int) -> str:
    """Return the sentence about a message beyond the limit."""
    return _("The merged message is too large ({size} characters; {most} at most).").format(size=size, most=most)


def beyond_memory(line: int) -> str:
    """Return the sentence about a line that fills the memory of the process that renders."""
    return _("Line {line}: merging this takes more memory than one message may.").format(line=line)


def part_name(part: int) -> str:
    """Return how a sentence about a part of an email type begins; about the HTML it begins with nothing."""
    return (_("Subject. "), "", _("Text part. "))[part]


def _without_nulls(value: object) -> object:
    """Return a value of a file or a table with each null inside it as the empty text."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return {key: _without_nulls(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nulls(inner) for inner in value]
    return value


def one_line(text: str) -> str:
    """Return text as a header may hold it: line breaks and control characters as one blank, trimmed."""
    if text.isprintable():
        return text.strip()
    return _encodable(_BREAKS.sub(" ", text)).strip()


def _encodable(text: str) -> str:
    # Half characters, as a badly read file may hold, can be written in no message.
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATES.sub("\ufffd", text)
    return text


def compile_template(
    template: Template, catalogue: Catalogue, *, columns: Iterable[str] | None = ()
) -> CompiledTemplate:
    """Compile an email type against the fields it may use.

    Parameters
    ----------
    columns
        The names a template may use besides the catalogue's codes (columns of a recipients table). ``None`` when they
        are not known yet: any name in small letters is then taken for one.

    Raises
    ------
    TemplateRefused
        With the line: wrong Jinja2, an unknown name in ``{{ }}``, a construct or a place that is not allowed.
    """
    template = _with_main_codes(template, catalogue)
    findings: list[Finding] = [*_conditions_of_others(template)]
    subject_source, found = compile_codes(template.subject, catalogue)
    findings += [replace(one, message=_("Subject. ") + one.message) for one in found]
    html_source, found = compile_codes(template.html, catalogue, in_html=True)
    findings += found
    text_source: str | None = None
    if template.text is not None:
        text_source, found = compile_codes(template.text, catalogue)
        findings += [replace(one, message=_("Text part. ") + one.message) for one in found]

    known = None if columns is None else frozenset(columns)
    checker = Sandbox(autoescape=True)
    used: set[str] = set()
    optional: set[str] = set()
    guarded: set[str] = set()
    for part, source in enumerate((subject_source, html_source, text_source)):
        if source is not None:
            where = part_name(part)
            tree = _parsed(checker, source, where)
            refuse_constructs(tree, where=where)
            read, maybe = _checked_names(tree, catalogue, known, where=where)
            used |= read
            optional |= maybe
            guarded |= _guarded_names(tree)
            findings += misplaced_pictures(source, read, catalogue, in_html=part == 1)
    protected = protect(html_source)
    protected.html = _as_document(protected.html, template.language)
    findings += protected.findings
    findings += _about_settings(template, catalogue, used, known)
    # A required field counts whether or not the text shows it.
    used |= {code for code in template.required if code in catalogue or code in (known or ())}

    ready, inliner = _inlined(protected)
    budget = Budget()
    plain = Sandbox(autoescape=False, filters=TEXT_FILTERS, budget=budget)
    if text_source is None:
        text_source = protected.restored(text_from_html(ready, sign=SIGN), as_text=True)
    placed = Sandbox(autoescape=True, filters=PLACE_FILTERS, budget=budget)
    codes = frozenset(catalogue[name].code for name in used if name in catalogue)
    names = frozenset(name for name in used if name not in catalogue)
    missing = {name: template.defaults.get(name, template.defaults.get(f"@{name}")) for name in used - optional}
    sources = {
        "subject": (plain, subject_source),
        "html": (placed, protected.restored(ready)),
        "text": (plain, text_source),
    }
    joins = {part: _join_of_names(environment, source) for part, (environment, source) in sources.items()}
    programs = {
        part: _joined(pieces) if (pieces := joins[part]) is not None else _program(environment, source)
        for part, (environment, source) in sources.items()
    }
    tidy_text = "{%" in text_source
    in_html, in_text = joins["html"], joins["text"]
    by_lines = None
    if in_html is not None and in_text is not None and inliner is None and not tidy_text:
        by_lines = {"html": QuotedJoin(in_html), "text": QuotedJoin(in_text)}

    @cache
    def marking() -> tuple[_Program, _Program]:
        marked_html = Sandbox(autoescape=True, filters=MARKING_FILTERS, budget=budget)
        marked_text = Sandbox(autoescape=False, filters=TEXT_FILTERS, budget=budget)
        marked_text.finalize = between
        return _merging(marked_html, sources["html"][1]), _merging(marked_text, sources["text"][1])

    tags = max(source.count("{{") + source.count("{%") for _environment, source in sources.values())
    return CompiledTemplate(
        template=template,
        codes=codes,
        names=names,
        findings=tuple(findings),
        missing=missing,
        optional=frozenset(optional),
        guarded=frozenset(guarded),
        health=frozenset(code for code in codes if catalogue[code].data_class is DataClass.HEALTH),
        asked=frozenset(code for code in codes if catalogue[code].asked),
        inliner=inliner,
        tidy_text=tidy_text,
        budget=budget,
        marking=marking,
        harmless=LARGEST_MESSAGE // (_LONGEST_ESCAPE * (tags + 1)) - sum(len(text or "") for text in missing.values()),
        by_lines=by_lines,
        author=_Author((subject_source, html_source, text_source if template.text is not None else None)),
        subject=programs["subject"],
        html=programs["html"],
        text=programs["text"],
    )


# --- compiling ----------------------------------------------------------------------------------------


FOREIGN_CONDITION = "foreign_condition"
"""The code of the finding about a condition of another program that stands in a text."""

_CONDITION = re.compile(r"(?:\{|&#123;)\s*(?:IF|MERGEFIELD)\s|\*\|(?:IF|IFNOT|ELSE|END):")


def _conditions_of_others(template: Template) -> list[Finding]:
    """Return a finding for each part whose text holds a condition of another program: nobody is to read one."""
    findings = []
    for part, text in enumerate((template.subject, template.html, template.text or "")):
        found = _CONDITION.search(text)
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            sentence = _(
                "Line {line}: a condition of another program stands here as text. Write it with « if », or take it out."
            ).format(line=line)
            findings.append(
                Finding(code=FOREIGN_CONDITION, severity=Severity.ERROR, message=part_name(part) + sentence, line=line)
            )
    return findings


def _with_main_codes(template: Template, catalogue: Catalogue) -> Template:
    """Return an email type whose required and default codes are called as its fields are, whatever name was written."""

    def main(code: str) -> str:
        name = code.removeprefix("@")
        return catalogue[name].code if name in catalogue else name

    if not template.required and not template.defaults:
        return template
    return replace(
        template,
        required=tuple(dict.fromkeys(map(main, template.required))),
        defaults={main(code): text for code, text in template.defaults.items()},
    )


def _parsed(environment: Sandbox, source: str, where: str) -> nodes.Template:
    try:
        tree = environment.parse(source)
        environment.compile(tree)
        # `compile` may change the tree; names are read from a fresh one.
        return environment.parse(source)
    except TemplateSyntaxError as error:
        raise _refused(error, where, error.lineno) from error
    except (RecursionError, SyntaxError, MemoryError) as error:
        # Python's own words for it, when it compiles what Jinja2 wrote.
        raise TemplateRefused(where + _("The template is nested too deeply.")) from error
    except (ValueError, OverflowError) as error:
        raise _refused(SecurityError(_("this number is too large")), where, None) from error


def _refused(error: Exception, where: str, line: int | None) -> TemplateRefused:
    if isinstance(error, TemplateAssertionError) and "filter" in str(error):
        named = _QUOTED.search(str(error))
        sentence = _("Line {line}: there is no such filter: {detail}").format(
            line=line, detail=named[1] if named else error
        )
    elif isinstance(error, TemplateSyntaxError):
        sentence = _("Line {line}: this cannot be read: {detail}").format(line=line, detail=error.message)
    else:
        sentence = _("Line {line}: this cannot be merged: {detail}").format(line=line or 1, detail=error)
    return TemplateRefused(where + sentence, line=line)


def _checked_names(
    tree: nodes.Template, catalogue: Catalogue, known: frozenset[str] | None, *, where: str
) -> tuple[set[str], set[str]]:
    """Return the names a program reads, and those it only asks about (``is defined``, ``|default``)."""
    names = meta.find_undeclared_variables(tree) - {"range"}
    loads = [node for node in tree.find_all(nodes.Name) if node.ctx == "load"]
    asked = {
        id(node.node)
        for kind in (nodes.Test, nodes.Filter)
        for node in tree.find_all(kind)
        if isinstance(node.node, nodes.Name) and node.name in ("defined", "undefined", "default", "d")
    }
    optional = {name for name in names if all(id(node) in asked for node in loads if node.name == name)}
    for name in sorted(names):
        if name in catalogue or (known is None and name == name.lower()):
            continue
        if known is not None and (name in known or name in optional):
            continue
        line = min((node.lineno for node in loads if node.name == name), default=1)
        near = catalogue.suggestion(name.upper()) if known is None or not known else _nearest(name, known, catalogue)
        sentence = (
            _("Line {line}: there is no value called « {name} ». Did you mean « {near} »?")
            if near
            else _("Line {line}: there is no value called « {name} ».")
        )
        raise TemplateRefused(where + sentence.format(line=line, name=name, near=near), line=line)
    return names, optional


def _guarded_names(tree: nodes.Template) -> set[str]:
    """Return the names that an ``if`` looks at, or a filter that has a form for who is not known.

    Their author knows that they may be missing.
    """
    tests = [node.test for node in tree.find_all(nodes.If)] + [node.test for node in tree.find_all(nodes.CondExpr)]
    names = {name.name for test in tests for name in test.find_all(nodes.Name)}
    names |= {
        one.node.name
        for one in tree.find_all(nodes.Filter)
        if one.name in FORGIVING and isinstance(one.node, nodes.Name)
    }
    return names | {test.name for test in tests if isinstance(test, nodes.Name)}


def _nearest(name: str, known: frozenset[str], catalogue: Catalogue) -> str | None:
    near = get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.6)
    return near[0] if near else catalogue.suggestion(name.upper())


def _about_settings(
    template: Template, catalogue: Catalogue, used: set[str], known: frozenset[str] | None
) -> list[Finding]:
    """Return a finding for each required or default code that nobody knows."""
    findings = []
    for code in [*template.required, *template.defaults]:
        name = code.removeprefix("@")
        if name in catalogue or name in used or known is None or name in known:
            continue
        findings.append(unknown_code(name, catalogue))
    return findings


def _as_document(source: str, language: str) -> str:
    """Return a whole HTML document: a fragment gets the frame around it, on lines of their own content."""
    if re.search(r"<html[\s>]", source, re.IGNORECASE):
        return source
    head = (
        f'<!DOCTYPE html><html lang="{language[:2]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>'
    )
    return f"{head}{source}</body></html>"


def _inlined(protected: ProtectedHtml) -> tuple[str, css_inline.CSSInliner | None]:
    """Inline the styles once, Jinja2 protected; when that would move a tag, return what does it after the merge."""
    html = protected.html
    if "<style" not in html.lower():
        return html, None
    inliner = css_inline.CSSInliner(keep_style_tags=True, remove_inlined_selectors=True, load_remote_stylesheets=False)
    if protected.branches_in_tags or _DYNAMIC_SELECTOR.search(html):
        return html, inliner
    inlined = _EMPTY_STYLE.sub("", inliner.inline(html))
    if signs_of(inlined) != signs_of(html):
        return html, inliner
    return inlined, None


def _merging(environment: Sandbox, source: str) -> _Program:
    """Return what merges one part of a message: a plain join when it holds nothing but names, else Jinja2."""
    pieces = _join_of_names(environment, source)
    return _program(environment, source) if pieces is None else _joined(pieces)


def _program(environment: Sandbox, source: str) -> _Program:
    program = environment.from_string(source)
    context, root = program.new_context, program.root_render_func
    # These can show one value many times, or in a larger one.
    repeats = _REPEATING.search(source) is not None

    def run(values: dict[str, object], large: bool) -> str:
        # `shared`: our values are the whole context, and Jinja2 need not copy its globals for each message.
        pieces = root(context(environment.globals | values, shared=True))
        return _bounded(pieces) if large or repeats else concat(pieces)

    return run


_REPEATING = re.compile(r"\{%[-+]?\s*(?:for|set|with|filter)\b")


def _bounded(made: Iterable[str]) -> str:
    pieces: list[str] = []
    size = 0
    for piece in made:
        size += len(piece)
        if size > LARGEST_MESSAGE:
            most = _("the message would be larger than {most} characters").format(most=LARGEST_MESSAGE)
            raise SecurityError(most)
        pieces.append(piece)
    return "".join(pieces)


_NAME_ONLY = re.compile(r"\{\{ (?:\( *([A-Za-z]\w*) *\)\|(\w+)|([A-Za-z]\w*)) \}\}\Z")
_JINJA_WORDS = frozenset({"true", "false", "none", "True", "False", "None", "not", "range"})


def _join_of_names(environment: Sandbox, source: str) -> list[Shown] | None:
    """Return the texts and names that joined give what Jinja2 would, or nothing when there is more than names."""
    pieces: list[Shown] = []
    shown = environment.finalize or str
    end = 0
    for tag in [*JINJA.finditer(source), None]:
        literal = source[end : tag.start() if tag else len(source)]
        if "{{" in literal or "{%" in literal or "{#" in literal or "\r" in literal:
            return None
        pieces.append((literal, None))
        if tag:
            name = _NAME_ONLY.match(tag[0])
            word = (name[1] or name[3]) if name else ""
            place = name[2] if name else None
            if not word or word in _JINJA_WORDS or place == "_open_text":
                return None
            pieces.append((word, environment.filters[place] if place else shown))
            end = tag.end()
    return pieces


def _joined(pieces: Sequence[Shown]) -> _Program:
    def run(values: dict[str, object], large: bool) -> str:
        if large:
            return _bounded(text if place is None else str(place(values[text])) for text, place in pieces)
        return "".join([text if place is None else str(place(values[text])) for text, place in pieces])

    return run


class _Author:
    """The sources as their author wrote them, of which an error tells the line."""

    def __init__(self, sources: Sequence[str | None]) -> None:
        self._sources = sources

    def explain(self, error: Exception, values: dict[str, object]) -> TemplateRefused:
        """Return the refusal with the author's line, found by merging the sources again as they were written."""
        for part, program in self._programs():
            pieces = program.root_render_func(program.new_context(values))
            try:
                _bounded(pieces)
            except Exception as again:
                line = _line_of(again, program)
                if line is None and (frame := getattr(pieces, "gi_frame", None)) is not None:
                    line = program.get_corresponding_lineno(frame.f_lineno)  # it was too much after this one
                return _at_rendering(again, part_name(part), line)
        return _at_rendering(error, "", None)

    def trace(self, values: dict[str, object], tell: Callable[[int, int], None]) -> None:
        """Merge the sources and tell of each part and line when it is first come to."""
        before = sys.gettrace()
        for part, program in self._programs():
            told: set[int] = set()

            def at(frame: FrameType, event: str, _argument: Any, part: int = part, told: set[int] = told) -> Any:
                if frame.f_code.co_filename != "<template>":
                    return None
                line = program.get_corresponding_lineno(frame.f_lineno)  # noqa: B023 - ends within the round
                if event == "line" and line not in told:
                    told.add(line)
                    tell(part, line)
                return at

            sys.settrace(at)
            try:
                _bounded(program.root_render_func(program.new_context(values)))
            except _IN_A_RENDERING:
                return
            finally:
                sys.settrace(before)

    def _programs(self) -> Iterable[tuple[int, JinjaTemplate]]:
        environment = Sandbox(autoescape=True)
        for part, source in enumerate(self._sources):
            if source is not None:
                yield part, environment.from_string(source)


def _at_rendering(error: Exception, where: str, line: int | None) -> TemplateRefused:
    told = line or 1
    undefined = _MISSING_NAME.search(str(error)) if isinstance(error, UndefinedError) else None
    if undefined:
        sentence = _("Line {line}: there is no value called « {name} ».").format(line=told, name=undefined[1])
    elif isinstance(error, (TypeError, ValueError)):
        # Python's own words may quote a patient's value.
        sentence = _("Line {line}: a value is not of the kind this needs.").format(line=told)
    elif isinstance(error, ArithmeticError):
        sentence = _("Line {line}: this cannot be computed.").format(line=told)
    elif isinstance(error, MemoryError):
        sentence = beyond_memory(told)
    else:
        sentence = _("Line {line}: this cannot be merged: {detail}").format(line=told, detail=error)
    return TemplateRefused(where + sentence, line=line)


def _line_of(error: Exception, program: JinjaTemplate) -> int | None:
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = program.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line
