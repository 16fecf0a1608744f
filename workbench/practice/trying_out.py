"""An email type as invented patients would get it: read before anybody real is chosen."""

from __future__ import annotations

from workbench.checking.sample_patients import sample_name, sample_names, sample_values
from workbench.domain.accounts import Account, AccountKind
from workbench.domain.messages import Address, Message
from workbench.domain.templates import Template
from workbench.errors import AccountError, TemplateRefused, UnknownName
from workbench.language import _
from workbench.merging.render import compile_template
from workbench.practice.letterheads import Choices, letterhead_of
from workbench.practice.template_shelf import Shelf

_TOKEN = "0" * 32
_NOBODY = Account(name="", kind=AccountKind.FOLDER, email="cabinet@exemple.example")


class TryingOut(Shelf):
    """Email types read with invented patients."""

    def samples(self) -> dict[str, str]:
        """Return the invented patients: their names in the code, and what they are called.

        Examples
        --------
        >>> practice.templates.samples()["woman"]
        'a woman'
        """
        return {name: sample_name(name) for name in sample_names()}

    def tried(self, template: Template | str, sample: str = "woman") -> Message:
        """Return the message that an invented patient would get, dressed and written as a mailing's is.

        Raises
        ------
        UnknownTemplate, UnknownName
            When there is no such email type, or no such patient.
        TemplateRefused
            When it cannot be merged: it names a field that nobody knows, or the rendering process gave up.

        Examples
        --------
        >>> practice.templates.tried("Rendez-vous/Rappel de rendez-vous", "girl").subject.endswith("(Zoé)")
        True
        """
        if sample not in sample_names():
            known = ", ".join(sample_names())
            raise UnknownName(
                _("No invented patient is called « {name} ». There are: {known}.").format(name=sample, known=known)
            )
        practice = self._practice
        one = self.as_it_leaves(self[template] if isinstance(template, str) else template)
        compiled = compile_template(one, practice.catalogue, columns=None)
        if compiled.blocking:
            raise TemplateRefused(compiled.blocking[0].message, line=compiled.blocking[0].line)
        account = self._account_for(one)
        letterhead = letterhead_of(one, account, Choices(), signature_called=lambda name: practice.signatures[name])
        press = practice.press(one, account, columns=tuple(sorted(compiled.names)), letterhead=letterhead)
        values = sample_values(
            one, press.compiled, practice.catalogue, now=practice.now(), adult_age=practice.settings.adult_age
        )[sample]
        return press.message(
            values,
            Address(email="patient@exemple.example", name=sample_name(sample)),
            token=_TOKEN,
            date=practice.now(),
            language=one.language,
        )

    def _account_for(self, template: Template) -> Account:
        """Return the account that counts; an invented one where there is none, or nobody said which."""
        accounts = self._practice.accounts
        try:
            return accounts[template.account] if template.account else accounts.default()
        except AccountError:
            return _NOBODY
