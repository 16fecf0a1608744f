"""From a frozen row of the outbox to the very letter that leaves; the preview walks the same way (DESIGN 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from workbench.addresses import address_problem, normalised_address
from workbench.domain.accounts import Account
from workbench.domain.deliveries import FrozenValues
from workbench.domain.fields import Catalogue
from workbench.domain.messages import Address, Attachment, Letter, Message, Rendered
from workbench.domain.templates import Template
from workbench.errors import MailingError, RenderingFailed, SenderFailed, TemplateRefused, WorkbenchError
from workbench.language import _
from workbench.merging.bodies import Merged
from workbench.merging.mime import MimeWriter
from workbench.merging.render import CompiledTemplate, compile_template
from workbench.ports import Claimed
from workbench.rendering.pool import RenderingPool
from workbench.rendering.renderer import ROWS_AT_ONCE, GivenUp, Renderer, Ticket, Work

_NO_TIME, _A_SECOND = timedelta(0), timedelta(seconds=1)


class LetterPress:
    """Renders and writes the messages of one template from one account; static parts are made once.

    The template is looked through here and merged in a rendering process alone, for the check, the preview and the
    sending (P10).

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
    rendering
        Where the rendering processes come from; by default this program's own.
    """

    def __init__(
        self,
        template: Template,
        account: Account,
        *,
        catalogue: Catalogue,
        attachments: tuple[Attachment, ...] = (),
        columns: tuple[str, ...] = (),
        rendering: RenderingPool | None = None,
    ) -> None:
        self.template = template
        self.account = account
        self.renderer = Renderer(template, catalogue, columns=columns, pool=rendering)
        self.compiled: CompiledTemplate = compile_template(template, catalogue, columns=columns)
        # As it goes on the envelope and in every header: a domain with accents in its ASCII form (IDNA).
        self.sender = Address(email=normalised_address(account.email), name=account.display_name)
        self.reply_to = template.reply_to or account.reply_to
        self.attachments = attachments
        self.mime = MimeWriter(sender=self.sender, reply_to=self.reply_to, attachments=attachments)
        self.domain = self.mime.domain

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Return the merged subject, HTML and text of one row."""
        return self.renderer.render(values)

    def render_marked(self, values: Mapping[str, object]) -> Rendered:
        """Return the same with marks round the merged values, for the eye alone (`merging.marks`)."""
        return self.renderer.render_marked(values)

    def content(self, merged: Merged, recipient: Address, *, token: str, date: datetime, language: str) -> bytes:
        """Return the RFC 5322 message; Message-ID and boundary come from the delivery's random token (8.6)."""
        return self.mime.compose(
            recipient=recipient,
            subject=merged.subject,
            text=merged.text,
            html=merged.html,
            message_id=message_id(token, self.domain),
            boundary_seed=token,
            date=date,
            language=language,
        )

    def message(
        self, values: Mapping[str, object], recipient: Address, *, token: str, date: datetime, language: str
    ) -> Message:
        """Return the message a person reads, which writes itself with the same function as the sending."""
        merged, rendered = self.renderer.merge(values)

        def writer(_message: Message) -> bytes:
            return self.content(merged, recipient, token=token, date=date, language=language)

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


def render_alone(catalogue: Catalogue, template: Template, values: Mapping[str, object]) -> Rendered:
    """Merge a template that belongs to no mailing with plain values, in a rendering process (P10).

    Raises
    ------
    TemplateRefused
        When it cannot be compiled, or not merged with these values.
    """
    return Renderer(template, catalogue, columns=values).render(values)


def message_id(token: str, domain: str) -> str:
    """Return the Message-ID of a delivery, angle brackets included."""
    return f"<{token}@{domain}>"


class Postman:
    """Turns claimed rows into letters, with one press per template revision.

    Rows that are expected are merged ahead, in the rendering process, while the letters before them leave. To be
    closed when the sending ends.
    """

    def __init__(self, press_of: Callable[[int, tuple[str, ...]], LetterPress]) -> None:
        self._press_of = press_of
        self._presses: dict[int, LetterPress] = {}
        self._works: dict[int, Work] = {}
        self._expected: dict[int, tuple[Claimed, Work, Ticket, int]] = {}
        self._dated: datetime | None = None

    def press(self, claimed: Claimed) -> LetterPress:
        """Return the press of the template revision this row was frozen with."""
        revision = claimed.template_revision_id
        if revision not in self._presses:
            try:
                self._presses[revision] = self._press_of(revision, tuple(claimed.values))
            except Exception as error:
                # It would meet every row alike: nobody is failed for it.
                cause = error.sentence if isinstance(error, WorkbenchError) else type(error).__name__
                raise _not_prepared(cause) from error
        return self._presses[revision]

    def expect(self, claims: Iterable[Claimed]) -> None:
        """Have rows merged ahead that are about to be asked for in this order; returns at once.

        Raises
        ------
        SenderFailed
            When nothing can be merged now: it would meet every row alike.
        """
        for (revision, _frozen), some in groupby(claims, key=_alike):
            rows = [*some]
            press = self.press(rows[0])
            work = self._works.setdefault(revision, Work(press.renderer))
            for place in range(0, len(rows), ROWS_AT_ONCE):
                self._ask(work, rows[place : place + ROWS_AT_ONCE])

    def _ask(self, work: Work, rows: Sequence[Claimed]) -> None:
        try:
            texts = [row.values.text for row in rows if isinstance(row.values, FrozenValues)]
            if len(texts) == len(rows):
                ticket = work.ask((), texts)
            else:
                ticket = work.ask([*rows[0].values], [[*row.values.values()] for row in rows])
        except (RenderingFailed, TemplateRefused) as error:
            raise _not_prepared(error.sentence) from error
        for number, row in enumerate(rows):
            self._expected[row.delivery_id] = (row, work, ticket, number)

    def letter(self, claimed: Claimed, at: datetime) -> Letter:
        """Return the letter of one claimed delivery; `at` becomes its Date."""
        if address_problem(claimed.address):
            raise MailingError(_("Delivery {number} has no usable address.").format(number=claimed.delivery_id))
        press = self.press(claimed)
        merged = self._merged(claimed)
        dated = self._whole_second(at)
        content = press.content(
            merged,
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
            form=press.mime.vouched(content, merged.text, merged.html),
        )

    def _whole_second(self, at: datetime) -> datetime:
        # The Date header counts whole seconds; what the ledger keeps must give the same bytes again (8.6).
        if self._dated is None or not _NO_TIME <= at - self._dated < _A_SECOND:
            self._dated = at.replace(microsecond=0)
        return self._dated

    def _merged(self, claimed: Claimed) -> Merged:
        expected = self._expected.pop(claimed.delivery_id, None)
        if expected is None or expected[0] is not claimed:
            self.expect([claimed])
            expected = self._expected.pop(claimed.delivery_id)
        _row, work, ticket, number = expected
        try:
            answer = work.result(ticket)[number]
        except RenderingFailed as error:
            raise _not_prepared(error.sentence) from error
        if isinstance(answer, GivenUp):
            # The check merged everybody: what meets all rows now is not theirs.
            raise _not_prepared(answer.sentence) from answer
        if isinstance(answer, TemplateRefused):
            raise answer
        assert isinstance(answer, Merged)  # noqa: S101 - a message to be sent was asked for
        return answer

    def close(self) -> None:
        """Give the rendering processes back."""
        works, self._works = self._works, {}
        self._expected.clear()
        for work in works.values():
            work.close()


def _alike(claimed: Claimed) -> tuple[int, tuple[str, ...] | None]:
    """Return what rows share that may be asked for together: their revision, and the names of values that are read."""
    values = claimed.values
    return claimed.template_revision_id, None if isinstance(values, FrozenValues) else tuple(values)


def _not_prepared(cause: str) -> SenderFailed:
    return SenderFailed(
        _("The messages could not be prepared ({error}). Nothing was sent; send again to go on.").format(error=cause)
    )
