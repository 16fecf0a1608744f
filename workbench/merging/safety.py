"""Make an email type's HTML safe once, before any value is known (DESIGN 8.7).

The template is read as a browser reads it, with each Jinja2 tag as one opaque sign, so that the place of every
expression is known: in text, in an attribute, in an address. Each expression is then followed by the filter of its
place; unquoted attributes are quoted; what runs or loads (scripts, frames, ``on…`` attributes, dangerous addresses and
styles) is left out with a finding; an expression where no value can be safe is refused with its line. Values are
judged where they stand: a dangerous address made by a value becomes ``#``, it is not an error.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from functools import cached_property

from workbench.domain.mailings import Finding, Severity
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.css import safe_declarations, safe_sheet
from workbench.merging.entities import unescaped
from workbench.merging.places import safe_address
from workbench.merging.protected import FIRST_SIGN, SIGN, ProtectedHtml
from workbench.merging.syntax import JINJA

_URL_ATTRIBUTES = frozenset(
    {"href", "src", "action", "background", "cite", "poster", "longdesc", "data", "codebase", "xlink:href", "lowsrc",
     "dynsrc", "usemap", "classid", "profile", "formaction"}
)  # fmt: skip
_DROPPED_ATTRIBUTES = frozenset({"srcdoc", "ping", "manifest", "formaction", "is", "nonce", "integrity"})
DROPPED_WITH_CONTENT = frozenset(
    {"script", "iframe", "object", "embed", "applet", "noembed", "noframes", "noscript", "xmp", "template", "svg",
     "math", "frameset", "portal", "fencedframe", "video", "audio", "canvas"}
)  # fmt: skip
"""Elements of which nothing is left, neither in an email type nor in a message that is looked at."""

_EMPTY = frozenset({"embed"})
_DROPPED_TAGS = frozenset(
    {"form", "input", "button", "select", "option", "optgroup", "textarea", "base", "link", "frame", "plaintext",
     "dialog", "isindex", "keygen", "param", "source", "track"}
)  # fmt: skip
_KEPT_META = frozenset({"content-type", "x-ua-compatible", "content-language"})

_NAME = re.compile(r"[A-Za-z][^\s/><\U000f0000-\U000ffffd]*")
_ATTRIBUTE = re.compile(r"[^\s/>=\U000f0000-\U000ffffd]+")
_PLAIN_ATTRIBUTE = re.compile(r"[A-Za-z_:][\w:.-]*\Z", re.ASCII)
_SIGN = re.compile(SIGN)
_BREAK_OR_SIGN = re.compile(rf"\n|{SIGN}")
_WHOLE_SOURCE = re.compile(rf'src="\s*({SIGN})\s*"\Z', re.IGNORECASE)
_REVEALED = re.compile(r"<!--\[if[^\]>]{0,200}\]><!-->|<!--\[if[^\]>]{0,200}\]>-->|<!--<!\[endif\]-->|<!\[endif\]>")
_CONDITION = re.compile(r"<!--\[if[^\]>]{0,200}\]>")
_CONDITION_END = re.compile(r"<!\[endif\]-->")
_KEYWORD = re.compile(r"\{%[-+]?\s*([a-z]+)\s*([^%]*)")
_OPENERS = frozenset({"if", "for", "filter", "with", "autoescape"})
_MIDDLES = frozenset({"else", "elif"})


# --- reading the template -----------------------------------------------------------------------------


def protect(source: str) -> ProtectedHtml:
    """Read a compiled template (`syntax.compile_codes`) and return it safe, its Jinja2 tags as signs.

    Raises
    ------
    TemplateRefused
        With the line, when an expression stands where no value is safe (a script, a style, the name of a tag or an
        attribute), when a block opens in one place and closes in another, or when a tag or a raw text never ends.
    """
    if _SIGN.search(source):
        source = _SIGN.sub("", source)
    tags: list[str] = []
    lines: list[int] = []

    def sign(match: re.Match[str]) -> str:
        tag = match[0]
        if tag.startswith("{#"):
            return ""
        tags.append(tag)
        lines.append(source.count("\n", 0, match.start()) + 1)
        return chr(FIRST_SIGN + len(tags) - 1)

    return _Reader(JINJA.sub(sign, source), tags, lines, source).read()


class _Reader:
    """One pass over a protected template; `place` walks, `out` grows."""

    def __init__(self, text: str, tags: list[str], lines: list[int], source: str) -> None:
        self.text = text
        self.tags = tags
        self.lines = lines
        self.in_html = list(tags)
        self.in_text = list(tags)
        self.open_text = "autoescape" in source
        self.out: list[str] = []
        self.findings: list[Finding] = []
        self.blocks: list[tuple[str, object, int]] = []
        self.place = 0
        self.conditions = 0
        self.branches_in_tags = False

    @cached_property
    def breaks(self) -> list[int]:
        """The place of each line end, those inside a Jinja2 tag at its sign: thousands of lines may be asked for."""
        places: list[int] = []
        for found in _BREAK_OR_SIGN.finditer(self.text):
            inside = 1 if found[0] == "\n" else self.tags[ord(found[0]) - FIRST_SIGN].count("\n")
            places += [found.start()] * inside
        return places

    def read(self) -> ProtectedHtml:
        text = self.text
        while self.place < len(text):
            stop = _next(text, self.place)
            self.out.append(text[self.place : stop])
            self.place = stop
            if stop >= len(text):
                break
            if text[stop] == "<":
                self._markup()
            else:
                self.out.append(self._tag_in_text(text[stop], "text"))
                self.place += 1
        if self.blocks:
            _keyword, _place, line = self.blocks[-1]
            raise TemplateRefused(_("Line {line}: this block never ends.").format(line=line), line=line)
        return ProtectedHtml(
            html="".join(self.out),
            in_html=self.in_html,
            in_text=self.in_text,
            findings=self.findings,
            branches_in_tags=self.branches_in_tags,
        )

    # --- the tags of Jinja2 ---

    def _line(self, place: int | None = None) -> int:
        return bisect_left(self.breaks, self.place if place is None else place) + 1

    def _is_statement(self, sign: str) -> bool:
        return self.tags[ord(sign) - FIRST_SIGN].startswith("{%")

    def _tag_in_text(self, sign: str, where: str, *, name: str = "_text") -> str:
        if self._is_statement(sign):
            self._statement(sign, where)
            return sign if self.conditions else f"<!--{sign}-->"
        self._filtered(sign, "_open_text" if self.open_text and name == "_text" else name)
        return sign

    def _filtered(self, sign: str, name: str) -> None:
        number = ord(sign) - FIRST_SIGN
        tag = self.tags[number]
        opening, closing = re.match(r"\{\{[-+]?", tag), re.search(r"[-+]?\}\}\Z", tag)
        if opening is None or closing is None:  # pragma: no cover - JINJA matches no other form
            raise TemplateRefused(_("Line {line}: this expression cannot be read.").format(line=self.lines[number]))
        self.in_html[number] = f"{opening[0]} ({tag[opening.end() : closing.start()]})|{name} {closing[0]}"

    def _statement(self, sign: str, where: object) -> None:
        """Hold that a block opens and closes in one and the same place of the HTML."""
        number = ord(sign) - FIRST_SIGN
        # The text part has its blanks set already: « {%- » would take away the one between two words.
        self.in_text[number] = re.sub(r"\A\{%[-+]|[-+]%\}\Z", lambda mark: mark[0].strip("-+"), self.tags[number])
        found = _KEYWORD.match(self.tags[number])
        word, rest = (found[1], found[2]) if found else ("", "")
        line = self.lines[number]
        if word == "raw" or word == "endraw":
            raise TemplateRefused(
                _("Line {line}: « {word} » cannot be used in an email type.").format(line=line, word=word), line=line
            )
        if word in _OPENERS or (word == "set" and "=" not in rest):
            self.blocks.append((word, where, line))
        elif word in _MIDDLES or word.startswith("end"):
            if not self.blocks or self.blocks[-1][1] != where:
                raise TemplateRefused(
                    _(
                        "Line {line}: « {word} » does not stand in the same place of the HTML as what it belongs to "
                        "(both between tags, or both inside one attribute)."
                    ).format(line=line, word=word),
                    line=line,
                )
            if word.startswith("end"):
                self.blocks.pop()

    def _refuse(self, sign: str, where: str) -> None:
        line = self.lines[ord(sign) - FIRST_SIGN]
        raise TemplateRefused(
            _("Line {line}: no field can stand in {where}; move it into the text.").format(line=line, where=where),
            line=line,
        )

    def _drop(self, what: str, place: int | None = None) -> None:
        line = self._line(place)
        self.findings.append(
            Finding(
                code=f"dropped_html:{what}",
                severity=Severity.WARNING,
                message=_("Line {line}: « {what} » is not allowed in a message and was left out.").format(
                    line=line, what=what
                ),
                line=line,
            )
        )

    def _refuse_any(self, text: str, where: str) -> None:
        for sign in _SIGN.findall(text):
            if not self._is_statement(sign):
                self._refuse(sign, where)

    # --- the markup ---

    def _markup(self) -> None:
        text, start = self.text, self.place
        for pattern, change in ((_REVEALED, 0), (_CONDITION, 1), (_CONDITION_END, -1)):
            found = pattern.match(text, start)
            if found:
                self.conditions = max(0, self.conditions + change)
                self.out.append(found[0])
                self.place = found.end()
                return
        if text.startswith("<!--", start):
            self._comment()
        elif text[start + 1 : start + 2] in ("!", "?"):
            stop = text.find(">", start)
            stop = len(text) if stop < 0 else stop + 1
            if text[start : start + 9].lower() == "<!doctype" and not _SIGN.search(text, start, stop):
                self.out.append(text[start:stop])
            self.place = stop
        elif text.startswith("</", start):
            self._end_tag()
        elif _NAME.match(text, start + 1):
            self._start_tag()
        else:
            sign = text[start + 1 : start + 2]
            if sign and _SIGN.match(sign) and not self._is_statement(sign):
                # « <{{ x }} » would let a value name a tag.
                self._refuse(sign, _("the name of a tag"))
            self.out.append("&lt;")
            self.place += 1

    def _comment(self) -> None:
        """Leave an author's comment out; the statements in it stay, so that blocks keep their ends."""
        text, start = self.text, self.place
        end = re.compile(r"--!?>").search(text, start + 2)
        stop = end.end() if end else len(text)
        for sign in _SIGN.findall(text[start:stop]):
            if self._is_statement(sign):
                self.out.append(self._tag_in_text(sign, "text"))
        self.place = stop

    def _end_tag(self) -> None:
        text, start = self.text, self.place
        found = _NAME.match(text, start + 2)
        stop = text.find(">", start)
        if stop < 0:
            raise TemplateRefused(_("Line {line}: this tag never ends.").format(line=self._line()), line=self._line())
        self._refuse_any(text[start:stop], _("a closing tag"))
        for sign in _SIGN.findall(text[start:stop]):
            self._statement(sign, "a closing tag")
        self.place = stop + 1
        if found is None:
            return
        name = found[0].lower()
        if name not in _DROPPED_TAGS and name not in DROPPED_WITH_CONTENT:
            self.out.append(f"</{found[0]}>")

    def _start_tag(self) -> None:
        start = self.place
        found = _NAME.match(self.text, start + 1)
        assert found is not None  # noqa: S101 - the caller looked
        name = found[0].lower()
        self.place = found.end()
        if _SIGN.match(self.text, self.place) and not self._is_statement(self.text[self.place]):
            self._refuse(self.text[self.place], _("the name of a tag"))
        attributes, closed = self._attributes(name, start)
        if name in DROPPED_WITH_CONTENT:
            self._drop(f"<{name}>", start)
            self._refuse_any("".join(attributes), f"<{name}>")
            if not closed and name not in _EMPTY:
                self._refuse_any(self._raw_text(name, start), f"<{name}>")
            return
        if name in _DROPPED_TAGS or (name == "meta" and not _harmless_meta(attributes)):
            self._drop(f"<{name}>", start)
            return
        slash = " /" if closed else ""
        tag = "".join([f"<{found[0]}", *(f" {attribute}" for attribute in attributes), f"{slash}>"])
        self.out.append(self._where_there_is_one(tag, attributes) if name == "img" else tag)
        if name == "style":
            self._style(start)
        elif name == "title":
            content = self._raw_text(name, start)
            where = ("title", start)
            for part in re.split(f"({SIGN})", content):
                if _SIGN.match(part):
                    if self._is_statement(part):
                        self._statement(part, where)
                    else:
                        self._filtered(part, "_attribute")
                    self.out.append(part)
                else:
                    self.out.append(part.replace("<", "&lt;"))
            self.out.append("</title>")

    def _where_there_is_one(self, tag: str, attributes: list[str]) -> str:
        """Return an ``<img>`` that is left out, not broken, where its whole address is a value and there is none."""
        whole = next((found[1] for one in attributes if (found := _WHOLE_SOURCE.match(one))), "")
        if not whole or self._is_statement(whole):
            return tag
        address = self.tags[ord(whole) - FIRST_SIGN].strip("{}").strip("-+")
        around = (self._added(f"{{% if ({address}) %}}"), self._added("{% endif %}"))
        opening, closing = around if self.conditions else (f"<!--{sign}-->" for sign in around)
        return f"{opening}{tag}{closing}"

    def _raw_text(self, name: str, start: int) -> str:
        """Return what stands between a tag and its end, and walk behind the end."""
        end = re.compile(rf"</{re.escape(name)}(?=[\s/>])[^>]*>", re.IGNORECASE).search(self.text, self.place)
        if end is None:
            line = self._line(start)
            raise TemplateRefused(_("Line {line}: <{name}> never ends.").format(line=line, name=name), line=line)
        content = self.text[self.place : end.start()]
        self.place = end.end()
        return content

    def _style(self, start: int) -> None:
        content = self._raw_text("style", start)
        for sign in _SIGN.findall(content):
            self._refuse(sign, "<style>")
        kept, dropped = safe_sheet(content)
        for what in dropped:
            self._drop(f"<style> {what}", start)
        self.out.append(f"\n{kept}\n</style>")

    # --- attributes ---

    def _attributes(self, name: str, start: int) -> tuple[list[str], bool]:
        """Read a tag's attributes; return them safe and quoted, and whether the tag closes itself."""
        text = self.text
        attributes: list[str] = []
        seen: set[str] = set()
        closed = False
        branches = 0
        while True:
            if self.place >= len(text):
                line = self._line(start)
                raise TemplateRefused(_("Line {line}: this tag never ends.").format(line=line), line=line)
            sign = text[self.place]
            if sign == ">":
                self.place += 1
                return attributes, closed
            if sign.isspace() or sign == "/":
                closed = sign == "/"
                self.place += 1
            elif _SIGN.match(sign):
                if not self._is_statement(sign):
                    self._refuse(sign, _("a tag, outside the value of an attribute"))
                self._statement(sign, ("tag", start))
                attributes.append(sign)
                branches += 1
                self.branches_in_tags = True
                self.place += 1
            else:
                closed = False
                attribute = self._attribute(name, start)
                key = attribute.partition("=")[0].lower()
                # The first of two attributes counts, but two branches may each bring one.
                if attribute and (branches or key not in seen):
                    attributes.append(attribute)
                    seen.add(key)

    def _attribute(self, tag: str, start: int) -> str:
        text = self.text
        found = _ATTRIBUTE.match(text, self.place)
        if found is None:  # a lone « = »
            self.place += 1
            return ""
        name = found[0]
        self.place = found.end()
        after = re.compile(r"\s*=\s*").match(text, self.place)
        value: str | None = None
        if after:
            self.place = after.end()
            value = self._value()
        elif self.place < len(text) and _SIGN.match(text[self.place]) and not self._is_statement(text[self.place]):
            self._refuse(text[self.place], _("the name of an attribute"))
        return self._safe_attribute(tag, name, value, start)

    def _value(self) -> str:
        text = self.text
        quote_sign = text[self.place : self.place + 1]
        if quote_sign in ('"', "'") and quote_sign:
            stop = text.find(quote_sign, self.place + 1)
            if stop < 0:
                line = self._line()
                raise TemplateRefused(_("Line {line}: a quotation mark is missing.").format(line=line), line=line)
            value = text[self.place + 1 : stop]
            self.place = stop + 1
        else:
            bare = re.compile(r"[^\s>]*").match(text, self.place)
            value = bare[0] if bare else ""
            self.place += len(value)
        return value.replace('"', "&quot;")

    def _safe_attribute(self, tag: str, name: str, value: str | None, start: int) -> str:
        lower = name.lower()
        signs = _SIGN.findall(value or "")
        expressions = [sign for sign in signs if not self._is_statement(sign)]
        if not _PLAIN_ATTRIBUTE.match(name) or lower.startswith("on") or lower in _DROPPED_ATTRIBUTES:
            if expressions:
                self._refuse(expressions[0], f"« {name} »")
            self._drop(name[:40], start)
            return ""
        if value is None:
            return name
        where = (start, self.place)
        for sign in signs:
            if self._is_statement(sign):
                self._statement(sign, where)
        if lower == "style":
            if expressions:
                self._refuse(expressions[0], f"« {name} »")
            return f'{name}="{self._safe_style(value, start)}"'
        if lower in ("srcset", "imagesrcset"):
            if expressions:
                self._refuse(expressions[0], f"« {name} »")
            if any(safe_address(unescaped(part.strip())) == "#" for part in value.split(",")):
                self._drop(name, start)
                return ""
        if lower in _URL_ATTRIBUTES:
            return f'{name}="{self._safe_url(name, value, start)}"'
        for sign in expressions:
            self._filtered(sign, "_attribute")
        return f'{name}="{value}"'

    def _safe_style(self, value: str, start: int) -> str:
        if _SIGN.search(value):  # branches: the whole is kept or left out
            dropped = safe_declarations(unescaped(_SIGN.sub(";", value)))[1]
            kept = "" if dropped else value
            if dropped:
                self._forget(value)
        else:
            safe, dropped = safe_declarations(unescaped(value))
            kept = value if not dropped else html.escape(safe)
        for what in dropped:
            self._drop(f"style: {what}", start)
        return kept

    def _forget(self, value: str) -> None:
        for sign in _SIGN.findall(value):
            self.in_html[ord(sign) - FIRST_SIGN] = ""

    def _safe_url(self, name: str, value: str, start: int) -> str:
        signs = _SIGN.findall(value)
        if not signs:
            if safe_address(unescaped(value)) == "#" and value.strip() != "#":
                self._drop(f"{name}: {unescaped(value).strip().partition(':')[0][:20]}:", start)
                return "#"
            return value
        prefix = unescaped(value[: value.index(signs[0])]).lstrip()
        for sign in signs:
            if not self._is_statement(sign):
                self._filtered(sign, "_in_address")
        if re.search(r"[:/?#]", prefix):
            if safe_address(prefix) == "#" and not prefix.startswith("#"):
                self._drop(f"{name}: {prefix.partition(':')[0][:20]}:", start)
                self._forget(value)
                return "#"
            return value
        if value.strip() == signs[0] and not self._is_statement(signs[0]):
            self._filtered(signs[0], "_address")
            number = ord(signs[0]) - FIRST_SIGN
            self.in_text[number] = self.in_html[number].replace("|_address ", "|_shown_address ")
            return str(signs[0])
        # Only the merged whole shows the scheme: it is judged after the merge.
        return f"{self._added('{% filter _whole_address %}')}{value}{self._added('{% endfilter %}')}"

    def _added(self, tag: str) -> str:
        self.in_html.append(tag)
        self.in_text.append(tag.replace("_whole_address", "_shown_address"))
        self.tags.append(tag)
        self.lines.append(0)
        return chr(FIRST_SIGN + len(self.tags) - 1)


def _next(text: str, place: int) -> int:
    found = _MARK.search(text, place)
    return found.start() if found else len(text)


_MARK = re.compile(f"<|{SIGN}")


def _harmless_meta(attributes: list[str]) -> bool:
    for attribute in attributes:
        name, _sign, value = attribute.partition("=")
        if name.lower() == "http-equiv":
            return value.strip('"').strip().lower() in _KEPT_META
    return True
