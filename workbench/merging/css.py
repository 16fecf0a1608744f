"""Keep of a style sheet what a message may carry: ordinary rules and ``@media``, nothing that loads or runs."""

from __future__ import annotations

import re

_KEPT_AT_RULES = frozenset({"media", "supports"})
_DANGEROUS = re.compile(
    r"expression\s*\(|javascript:|vbscript:|behaviou?r\s*:|-moz-binding|image-set\s*\(|src\s*\(|@import|<|"
    r"url\s*\((?!\s*[\"']?cid:)"
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|(.))", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


def safe_declarations(css: str) -> tuple[str, list[str]]:
    """Return a ``style`` attribute's declarations without the dangerous ones, and the properties that were dropped."""
    kept: list[str] = []
    dropped: list[str] = []
    for declaration in _split(_COMMENT.sub("", css), ";"):
        if not declaration.strip():
            continue
        if _dangerous(declaration):
            dropped.append(declaration.partition(":")[0].strip()[:40])
        else:
            kept.append(declaration.strip())
    return "; ".join(kept), dropped


def safe_sheet(css: str) -> tuple[str, list[str]]:
    """Return a style sheet with its ordinary rules and its ``@media``, and what was dropped: at-rules, properties."""
    dropped: list[str] = []
    return _rules(_COMMENT.sub("", css).replace("<!--", "").replace("-->", ""), dropped), dropped


def _rules(css: str, dropped: list[str]) -> str:
    kept: list[str] = []
    place = 0
    while place < len(css):
        stop = _find(css, place, "{;" if css[place:].lstrip().startswith("@") else "{")
        head = css[place:stop].strip()
        if stop >= len(css):
            if head:
                dropped.append(head[:40])
            break
        if css[stop] == ";":
            dropped.append(head[:40])
            place = stop + 1
            continue
        end = _closing(css, stop)
        body = css[stop + 1 : end]
        place = end + 1
        name = re.match(r"@([\w-]+)", head)
        if _dangerous(head) or (head.startswith("@") and (name is None or name[1].lower() not in _KEPT_AT_RULES)):
            dropped.append(head[:40])
        elif name:
            kept.append(f"{head} {{\n{_rules(body, dropped)}\n}}")
        else:
            declarations, lost = safe_declarations(body)
            dropped += lost
            if declarations:
                kept.append(f"{head} {{ {declarations} }}")
    return "\n".join(kept)


def _dangerous(text: str) -> bool:
    # A style sheet may spell any letter as an escape; what counts is what it says.
    plain = _ESCAPE.sub(lambda found: _character(found[1]) if found[1] else found[2], text)
    return _DANGEROUS.search(plain.lower()) is not None or _DANGEROUS.search(text.lower()) is not None


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if 0 < number < 0x110000 else "\ufffd"


def _find(css: str, place: int, wanted: str) -> int:
    """Return the place of the first wanted sign outside strings and parentheses, else the end."""
    depth = 0
    while place < len(css):
        sign = css[place]
        if sign == "\\":
            place += 1
        elif sign in "\"'":
            place = _string_end(css, place)
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif sign in wanted and not depth:
            return place
        place += 1
    return len(css)


def _string_end(css: str, place: int) -> int:
    quote = css[place]
    place += 1
    while place < len(css) and css[place] not in (quote, "\n"):
        place += 2 if css[place] == "\\" else 1
    return place


def _closing(css: str, place: int) -> int:
    """Return the place of the brace that closes the one at `place`."""
    depth = 0
    while True:
        place = _find(css, place, "{}")
        if place >= len(css):
            return len(css)
        depth += 1 if css[place] == "{" else -1
        if depth == 0:
            return place
        place += 1


def _split(css: str, sign: str) -> list[str]:
    parts: list[str] = []
    place = 0
    while place <= len(css):
        stop = _find(css, place, sign)
        parts.append(css[place:stop])
        place = stop + 1
    return parts
