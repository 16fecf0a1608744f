"""The signatures of a practice, as a person keeps them: by name, from and to files, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.checking.accessibility import check_author
from workbench.checking.links import check_links, check_pictures
from workbench.checking.markup import as_author_wrote, read_markup
from workbench.checking.remarks import checked_frame, error, few_of_each, warning
from workbench.domain.mailings import Finding
from workbench.domain.pictures import PICTURE_FORMAT, PICTURE_URL, content_id, data_urls, picture_url, with_its_pictures
from workbench.domain.signatures import Signature
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.signatures import check_signature, shown_signature, signature_from_file, signature_to_text
from workbench.merging.syntax import compile_codes
from workbench.practice.letters import render_alone
from workbench.practice.picturing import pictures_by_row, put_back, refused_pictures, taken_in
from workbench.practice.template_files import read_text

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

HEAVY = 150_000
"""Bytes of a signature's images: with more, a reminder to a thousand patients is too much for a small line."""


class Signatures(Mapping[str, Signature]):
    """The signatures by name; a notebook shows one as it looks round a message.

    Examples
    --------
    >>> list(practice.signatures)[:2]
    ['Cabinet', 'Confidentialité']
    >>> "@CORPS" in practice.signatures["Cabinet"].html
    True
    """

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def __getitem__(self, name: str) -> Signature:
        return self._practice.ledger.signatures.signature(name)

    def __iter__(self) -> Iterator[str]:
        return iter([signature.label for signature in self._practice.ledger.signatures.signatures()])

    def __len__(self) -> int:
        return len(self._practice.ledger.signatures.signatures())

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def save(self, signature: Signature, *, over: Signature | None = None) -> Signature:
        """Keep a signature under its label, in the place of one called alike.

        An image that stands in its text (``data:``) is kept, as those are that it showed before; files are brought by
        `import_file`.

        Parameters
        ----------
        over
            The signature that it was made from: nothing that somebody else saved meanwhile is written over.

        Raises
        ------
        TemplateChanged
            When the one of this label is not as `over` any more; nothing was changed.
        TemplateRefused
            When it has no label, cannot be compiled, its marker ``@CORPS`` does not stand exactly once in its text, or
            an image cannot be shown or kept.

        Examples
        --------
        >>> from workbench.domain.signatures import Signature
        >>> practice.signatures.save(Signature(label="Essai", html="<div>@CORPS</div><p>@CABNOM</p>")).label
        'Essai'
        >>> practice.signatures.archive("Essai")
        """
        return self._save(signature, beside=None, over=over)

    def import_file(self, file: str | Path) -> Signature:
        """Read a signature's `file` (front matter with its label, then HTML) and keep it, with the images beside it.

        Raises
        ------
        TemplateRefused
            As `save`, or when a file cannot be read; the signature of this label is as it was.
        """
        path = Path(file)
        return self._save(read_signature(path), beside=path.parent)

    def _save(self, signature: Signature, *, beside: Path | None, over: Signature | None = None) -> Signature:
        if not signature.label.strip() or not signature.label.isprintable():
            raise TemplateRefused(_("A signature needs a label of one line."))
        check_signature(signature, self._practice.catalogue)
        html, pictures = taken_in(self._practice, signature.html, beside)
        called = {content_id(name): name for name in (*pictures, *signature.pictures)}
        pictures = tuple(called[content_id(name)] for name in pictures)
        saved = self._practice.ledger.signatures.save(
            replace(signature, html=html, pictures=pictures),
            by=self._practice.user,
            now=self._practice.now(),
            over=over,
        )
        self._practice.changes += 1
        return saved

    def export_file(self, name: str, file: str | Path) -> Path:
        """Write a signature as a file, with its images beside it; `import_file` gives the same one back.

        Raises
        ------
        UnknownSignature
            When no signature has this name.
        TemplateRefused
            When an image is no longer kept, or a file cannot be written.
        """
        signature, target = self[name], Path(file)
        try:
            html = put_back(self._practice, signature.html, signature.pictures, target.parent)
            target.write_text(signature_to_text(replace(signature, html=html)), encoding="utf-8", newline="\n")
        except OSError as error:
            raise TemplateRefused(
                _("« {file} » cannot be written: {problem}.").format(file=target, problem=error.strerror or error)
            ) from error
        return target

    def used_by(self, name: str) -> list[str]:
        """Return which accounts and email types ask for a signature by its name, as sentences name them."""
        accounts = [one.name for one in self._practice.accounts.values() if one.signature == name]
        templates = [one.path for one in self._practice.ledger.library.templates() if one.signature == name]
        return [
            *(_("the account « {name} »").format(name=one) for one in accounts),
            *(_("the email type « {path} »").format(path=one) for one in templates),
        ]

    def archive(self, name: str) -> None:
        """Take a signature out of the lists; a signature saved under its name is a new one.

        Raises
        ------
        UnknownSignature
            When no signature has this name.
        TemplateRefused
            When an account or an email type asks for it: its messages could not leave.
        """
        if name in self and (users := self.used_by(name)):
            raise TemplateRefused(
                _("The signature « {name} » is in use: {users}. Choose another one there first.").format(
                    name=name, users=", ".join(users)
                )
            )
        self._practice.ledger.signatures.archive(name, by=self._practice.user, now=self._practice.now())
        self._practice.changes += 1

    def shown(self, name: str | Signature) -> str:
        """Return the HTML of a signature, kept or not, round a sample text, with its images and its fields' examples.

        The practice's own images and the first practitioner's are shown in the place of theirs.
        """
        signature, practice = self[name] if isinstance(name, str) else name, self._practice
        render = partial(render_alone, practice.catalogue)
        shown = shown_signature(signature, practice.catalogue, render=render, pictures=self._own_pictures())
        files = [practice.attachments.read(one) for one in self._shown_in(shown)]
        return with_its_pictures(shown, data_urls(file for file in files if file is not None))

    def _own_pictures(self) -> dict[str, str | None]:
        """Return what fields of images show, by code."""
        practice = self._practice
        fields = [field for field in practice.catalogue.values() if field.format == PICTURE_FORMAT]
        people = sorted(practice.tables.practitioners()["practitioner_id"])
        found: dict[str, str | None] = {}
        for field in fields:
            table, _dot, column = field.source[0].partition(".")
            columns = practice.store.columns(table, people, [column], today=practice.today)
            paths = [str(path) for path in columns[column].dropna()]
            found[field.code] = pictures_by_row(practice, paths[:1] or [None])[0]
        return found

    def _shown_in(self, html: str) -> list[str]:
        digests = dict.fromkeys(found[1].partition("@")[0] for found in PICTURE_URL.finditer(html))
        return [kept for digest in digests if (kept := self._practice.attachments.kept_as(digest)) is not None]

    def check(self, name: str | Signature) -> pd.DataFrame:
        """Return what is wrong or doubtful in a signature; columns ``recipient severity code message line``.

        Examples
        --------
        >>> len(practice.signatures.check("Cabinet"))
        0
        """
        return checked_frame(few_of_each(self._doubts(self[name] if isinstance(name, str) else name)))

    def check_file(self, file: str | Path) -> pd.DataFrame:
        """Return what `check` would find in a signature's file; same columns. Nothing is kept.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled, or its marker does not stand exactly once in its text.
        """
        path = Path(file)
        signature = read_signature(path)
        refused = [
            error("picture_refused", _("Line {line}: {problem}").format(line=line, problem=sentence), line=line)
            for line, sentence in refused_pictures(signature.html, path.parent)
        ]
        return checked_frame(few_of_each([*self._doubts(signature), *refused]))

    def _doubts(self, signature: Signature) -> list[Finding]:
        compiled, _unknown = compile_codes(signature.html, self._practice.catalogue, in_html=True)
        author = read_markup(as_author_wrote(compiled))
        weight = sum(self._practice.attachments.size(kept) or 0 for kept in signature.pictures)
        findings = [
            *check_signature(signature, self._practice.catalogue),
            *check_links(author),
            *check_pictures(author, kept=[*map(picture_url, signature.pictures)], is_beside=_may_be_a_file),
            *check_author(author),
        ]
        if weight > HEAVY:
            sentence = _(
                "The images of this signature weigh {size} KB, and each message carries them: beyond {most} KB make "
                "them smaller."
            )
            told = sentence.format(size=round(weight / 1000), most=HEAVY // 1000)
            findings.append(warning("heavy_pictures", told))
        return findings


def _may_be_a_file(name: str) -> bool:
    """Tell whether an image may be a file beside; that it is one, and can be shown, is found out by taking it in."""
    return not name.lower().startswith("cid:")


def read_signature(file: Path) -> Signature:
    """Read a signature's file; the images beside it are left where they are."""
    return signature_from_file(read_text(file), name=file.stem)
