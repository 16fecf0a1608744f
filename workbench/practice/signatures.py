"""The signatures of a practice, as a person keeps them: by name, from and to files, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.signatures import Signature
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.preflight import findings_frame
from workbench.merging.signatures import check_signature, signature_from_file
from workbench.practice.templates import read_text

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


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

    def save(self, signature: Signature) -> Signature:
        """Keep a signature under its label, in the place of one called alike.

        Raises
        ------
        TemplateRefused
            When it has no label, cannot be compiled, or its marker ``@CORPS`` does not stand exactly once in its text.

        Examples
        --------
        >>> from workbench.domain.signatures import Signature
        >>> practice.signatures.save(Signature(label="Essai", html="<div>@CORPS</div><p>@CABNOM</p>")).label
        'Essai'
        >>> practice.signatures.archive("Essai")
        """
        if not signature.label.strip() or not signature.label.isprintable():
            raise TemplateRefused(_("A signature needs a label of one line."))
        check_signature(signature, self._practice.catalogue)
        saved = self._practice.ledger.signatures.save(signature, by=self._practice.user, now=self._practice.now())
        self._practice.changes += 1
        return saved

    def import_file(self, file: str | Path) -> Signature:
        """Read a signature's `file` (front matter with its label, then HTML) and keep it.

        Raises
        ------
        TemplateRefused
            As `save`, or when the file cannot be read; nothing was kept.
        """
        path = Path(file)
        return self.save(signature_from_file(read_text(path), name=path.stem))

    def archive(self, name: str) -> None:
        """Take a signature out of the lists; a signature saved under its name is a new one."""
        self._practice.ledger.signatures.archive(name, by=self._practice.user, now=self._practice.now())
        self._practice.changes += 1

    def check(self, name: str | Signature) -> pd.DataFrame:
        """Return what is wrong or doubtful in a signature; columns ``recipient severity code message``.

        Examples
        --------
        >>> len(practice.signatures.check("Cabinet"))
        0
        """
        signature = self[name] if isinstance(name, str) else name
        return findings_frame(check_signature(signature, self._practice.catalogue))
