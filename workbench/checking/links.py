"""Look through links and pictures: what leads nowhere, elsewhere than it says, or cannot be seen by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import unquote, urlsplit

from workbench.checking.markup import VALUE, Element, Markup
from workbench.checking.remarks import warning
from workbench.checking.sample_patients import sample_name
from workbench.checking.words import lists, plain
from workbench.domain.mailings import Finding
from workbench.language import _

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_IN_TEXT = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:[/?#:]\S*)?", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_ONE_PIXEL = frozenset({"0", "1", "0px", "1px"})


def check_links(markup: Markup) -> list[Finding]:
    """Return what is wrong with the links of an author's text."""
    findings: list[Finding] = []
    anchors = {element.attributes.get(name, "") for element in markup.elements for name in ("id", "name")}
    for link in markup.named("a", "area"):
        if "href" in link.attributes:
            address = link.attributes["href"].strip()
            findings += _about_address(address, link, anchors)
            if link.tag == "a":
                findings += _about_text(address, link)
    return findings


def _about_address(address: str, link: Element, anchors: set[str]) -> list[Finding]:
    line = link.line
    if address in ("", "#") or (address.lower().startswith("https:") and VALUE not in address and not _host(address)):
        sentence = _("Line {line}: this link leads nowhere; give it an address, or take it away.")
        return [warning("link_to_nothing", sentence.format(line=line), line=line)]
    if address.startswith("#"):
        if VALUE in address or address[1:] in anchors:
            return []
        sentence = _("Line {line}: this link leads to « {anchor} », and nothing in the message is called so.")
        return [warning("unknown_anchor", sentence.format(line=line, anchor=address[:60]), line=line)]
    if address.lower().startswith("http://"):
        sentence = _("Line {line}: this link is not protected; write https:// in place of http://.")
        return [warning("insecure_link", sentence.format(line=line), line=line)]
    if address.lower().startswith("mailto:"):
        written = address[len("mailto:") :].partition("?")[0]
        if VALUE in written or _ADDRESS.fullmatch(written):
            return []
        sentence = _("Line {line}: « {address} » is no e-mail address.")
        return [warning("wrong_mailto", sentence.format(line=line, address=written[:60]), line=line)]
    if not address.startswith(VALUE) and not _SCHEME.match(address):
        sentence = _(
            "Line {line}: « {address} » leads nowhere from a mail program; write the whole address, with https://."
        )
        return [
            warning("relative_link", sentence.format(line=line, address=address[:60].replace(VALUE, "…")), line=line)
        ]
    return []


def _about_text(address: str, link: Element) -> list[Finding]:
    line, said = link.line, link.text
    if not said:
        sentence = _("Line {line}: this link has no text; write where it leads, or describe its picture (alt).")
        return [warning("link_without_text", sentence.format(line=line), line=line)]
    if plain(said).strip(" .!:>»«→") in lists()["vague_links"]["texts"]:
        sentence = _(
            "Line {line}: « {text} » does not say where the link leads; write it out, for instance « Move my "
            "appointment »."
        )
        return [warning("vague_link", sentence.format(line=line, text=said[:60]), line=line)]
    shown = _HOST_IN_TEXT.fullmatch(said)
    led = _host(address) if VALUE not in address and address.lower().startswith("http") else None
    if shown and led and "@" not in said and not _same_site(shown[1].lower(), led):
        sentence = _(
            "Line {line}: the text says « {shown} » and the link leads to « {led} »: mail programs take that for a "
            "swindle. Let both say the same."
        )
        return [warning("misleading_link", sentence.format(line=line, shown=shown[1], led=led), line=line)]
    return []


def _host(address: str) -> str | None:
    """Return the host that an address names; nothing when it names none, or is no address at all."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _same_site(one: str, other: str) -> bool:
    one, other = one.removeprefix("www."), other.removeprefix("www.")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def check_pictures(markup: Markup, *, kept: Collection[str], is_beside: Callable[[str], bool]) -> list[Finding]:
    """Return what is wrong with the pictures of an author's text.

    Parameters
    ----------
    kept
        What shows the pictures that are kept with the email type (``cid:…``).
    is_beside
        Tells whether a file of this name is beside the template file.
    """
    findings: list[Finding] = []
    for picture in markup.named("img"):
        line, source = picture.line, picture.attributes.get("src", "").strip().lower()
        sizes = {picture.attributes.get("width", "").strip(), picture.attributes.get("height", "").strip()}
        remote = source.startswith(("http:", "https:", "//"))
        if remote and sizes & _ONE_PIXEL:
            sentence = _(
                "Line {line}: a picture of one point that is fetched from elsewhere tells who read the message when: "
                "nobody is watched without having been asked. Take it away."
            )
            findings.append(warning("tracking_pixel", sentence.format(line=line), line=line))
            continue
        if "alt" not in picture.attributes:
            sentence = _(
                'Line {line}: this picture has no description (alt); write what it shows, or alt="" when it only '
                "decorates."
            )
            findings.append(warning("picture_without_alt", sentence.format(line=line), line=line))
        if remote:
            sentence = _(
                "Line {line}: this picture is fetched from elsewhere, and most mail programs do not show it; put the "
                "file beside the email type so that it travels with the message."
            )
            findings.append(warning("remote_picture", sentence.format(line=line), line=line))
        elif source.startswith("data:"):
            sentence = _(
                "Line {line}: this picture is written into the text, and Gmail does not show it; put the file beside "
                "the email type so that it travels with the message."
            )
            findings.append(warning("picture_in_text", sentence.format(line=line), line=line))
        elif not _is_there(picture.attributes.get("src", "").strip(), kept, is_beside):
            sentence = _(
                "Line {line}: this picture shows nothing, its file is not there; put it beside the email type."
            )
            findings.append(warning("picture_without_file", sentence.format(line=line), line=line))
    return findings


def _is_there(source: str, kept: Collection[str], is_beside: Callable[[str], bool]) -> bool:
    return VALUE in source or source in kept or (bool(source) and is_beside(unquote(source)))


def check_merged_links(author: Markup, merged: Mapping[str, Markup]) -> list[Finding]:
    """Return the links that lead nowhere only once they are merged: a value is missing, or is no address."""
    written = _to_nothing(author)
    for name, markup in merged.items():
        if _to_nothing(markup) > written:
            return [
                warning(
                    "link_without_value",
                    _(
                        "With {sample}: a link leads nowhere, because the value of its address is missing or is no "
                        "address. Write {{% if CODE %}} … {{% endif %}} round the link."
                    ).format(sample=sample_name(name)),
                    sample=name,
                )
            ]
    return []


def _to_nothing(markup: Markup) -> int:
    addresses = (link.attributes.get("href", "x").strip().lower() for link in markup.named("a", "area"))
    return sum(address in ("", "#", "tel:", "mailto:", "https://") for address in addresses)
