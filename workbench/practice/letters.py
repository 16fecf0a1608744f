"""From a frozen row of the outbox to the very letter that leaves; the preview walks the same way (DESIGN 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from workbench.addresses import address_problem, normalised_address
from workbench.domain.accounts import Account
from workbench.domain.fields import Catalogue
from workbench.domain.messages import Address, Attachment, Letter, Message, Rendered
from workbench.domain.templates import Template
from workbench.errors import MailingError, SenderFailed, WorkbenchError
from workbench.language import _
from workbench.merging.mime import MimeWriter
from workbench.merging.render import CompiledTemplate, compile_template
from workbench.ports import Claimed


class LetterPress:
    """Renders and writes the messages of one template from one account; static parts are made once.

    Parameters
    ----------
    template
        The revision to render.
    account
        Where it leaves from.
    attachments
        The template's files, already read.
    columns
        The columns of a recipients table, when there is one.
    """

    def __init__(
        self,
        template: Template,
        account: Account,
        *,
        catalogue: Catalogue,
        attachments: tuple[Attachment, ...] = (),
        columns: tuple[str, ...] = (),
    ) -> None:
        self.template = template
        self.account = account
        self.compiled: CompiledTemplate = compile_template(template, catalogue, columns=columns)
        # As it goes on the envelope and in every header: a domain with accents in its ASCII form (IDNA).
        self.sender = Address(email=normalised_address(account.email), name=account.display_name)
        self.reply_to = template.reply_to or account.reply_to
        self.attachments = attachments
        self.mime = MimeWriter(sender=self.sender, reply_to=self.reply_to, attachments=attachments)
        self.domain = self.mime.domain

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Return the merged subject, HTML and text of one row."""
        return self.compiled.render(values)

    def render_marked(self, values: Mapping[str, object]) -> Rendered:
        """Return the same with marks round the merged values, for the eye alone (`merging.marks`)."""
        return self.compiled.render_marked(values)

    def content(self, rendered: Rendered, recipient: Address, *, token: str, date: datetime, language: str) -> bytes:
        """Return the RFC 5322 message; Message-ID and boundary come from the delivery's random token (8.6)."""
        return self.mime.write(
            recipient=recipient,
            rendered=rendered,
            message_id=message_id(token, self.domain),
            boundary_seed=token,
            date=date,
            language=language,
        )

    def message(
        self, values: Mapping[str, object], recipient: Address, *, token: str, date: datetime, language: str
    ) -> Message:
        """Return the message a person reads, which writes itself with the same function as the sending."""
        rendered = self.render(values)

        def writer(_message: Message) -> bytes:
            return self.content(rendered, recipient, token=token, date=date, language=language)

        return Message(
            sender=self.sender,
            recipient=recipient,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            reply_to=self.reply_to,
            attachments=self.attachments,
            language=language,
            writer=writer,
        )


def message_id(token: str, domain: str) -> str:
    """Return the Message-ID of a delivery, angle brackets included."""
    return f"<{token}@{domain}>"


class Postman:
    """Turns claimed rows into letters, with one press per template revision."""

    def __init__(self, press_of: Callable[[int, tuple[str, ...]], LetterPress]) -> None:
        self._press_of = press_of
        self._presses: dict[int, LetterPress] = {}

    def press(self, claimed: Claimed) -> LetterPress:
        """Return the press of the template revision this row was frozen with."""
        revision = claimed.template_revision_id
        if revision not in self._presses:
            try:
                self._presses[revision] = self._press_of(revision, tuple(claimed.values))
            except Exception as error:
                # It would meet every row alike: nobody is failed for it.
                cause = error.sentence if isinstance(error, WorkbenchError) else type(error).__name__
                raise SenderFailed(
                    _("The messages could not be prepared ({error}). Nothing was sent; send again to go on.").format(
                        error=cause
                    )
                ) from error
        return self._presses[revision]

    def letter(self, claimed: Claimed, at: datetime) -> Letter:
        """Return the letter of one claimed delivery; `at` becomes its Date."""
        if address_problem(claimed.address):
            raise MailingError(_("Delivery {number} has no usable address.").format(number=claimed.delivery_id))
        press = self.press(claimed)
        # The Date header counts whole seconds; what the ledger keeps must give the same bytes again (8.6).
        dated = at.replace(microsecond=0)
        content = press.content(
            press.render(claimed.values),
            Address(email=claimed.address, name=claimed.recipient),
            token=claimed.token,
            date=dated,
            language=claimed.language,
        )
        return Letter(
            claimed.delivery_id,
            press.sender.email,
            claimed.address,
            content,
            message_id=message_id(claimed.token, press.domain),
            dated=dated,
            digest=hashlib.sha256(content).hexdigest(),
        )
