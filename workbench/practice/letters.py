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
from workbench.domain.letterheads import Letterhead
from workbench.domain.messages import Address, Attachment, Letter, Message, Rendered
from workbench.domain.pictures import PICTURE_FORMAT, PICTURE_URL, content_id
from workbench.domain.templates import Template
from workbench.errors import MailingError, RenderingFailed, SenderFailed, TemplateRefused, WorkbenchError
from workbench.language import _
from workbench.merging.bodies import Merged
from workbench.merging.dressing import dressed
from workbench.merging.mime import MimeWriter
from workbench.merging.render import CompiledTemplate, compile_template
from workbench.ports import Claimed
from workbench.practice.files import KeptFiles, file_is_gone
from workbench.practice.letterheads import plain_letterhead
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
    letterhead
        Who writes and what stands round the text, as it was frozen; by default the account alone dresses it.
    attachments
        The files of everyone's message, already read.
    files
        Where other kept files are read: those of one row, and pictures.
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
        letterhead: Letterhead | None = None,
        attachments: tuple[Attachment, ...] = (),
        files: KeptFiles | None = None,
        columns: tuple[str, ...] = (),
        rendering: RenderingPool | None = None,
    ) -> None:
        self.template = template
        self.account = account
        self.letterhead = head = letterhead or plain_letterhead(template, account)
        whole = dressed(template, head.signature)
        self.renderer = Renderer(whole, catalogue, columns=columns, pool=rendering)
        self.compiled: CompiledTemplate = compile_template(whole, catalogue, columns=columns)
        # As it goes on the envelope and in every header: a domain with accents in its ASCII form (IDNA).
        self.sender = Address(email=normalised_address(head.sender_email), name=head.sender_name)
        self.reply_to = head.reply_to or None
        self.attachments = attachments
        self._files = files
        kept = dict.fromkeys((*template.pictures, *head.pictures))
        self.pictures = tuple(self._file(one) for one in kept)
        self._everyones = tuple(f"{file.digest}/{file.name}" for file in attachments)
        # In one order, whatever the day: the message that is shown later is the very one that left.
        self._picture_codes = sorted(code for code in self.compiled.codes if catalogue[code].format == PICTURE_FORMAT)
        self.mime = MimeWriter(
            sender=self.sender,
            reply_to=self.reply_to,
            attachments=attachments,
            pictures=self.pictures,
            read_receipt=head.read_receipt,
        )
        self.domain = self.mime.domain

    def _file(self, kept: str) -> Attachment:
        if self._files is None:
            raise TemplateRefused(file_is_gone(kept))
        return self._files.file(kept)

    def files_of(self, kept: Sequence[str]) -> tuple[Attachment, ...] | None:
        """Return the files of one row by the names they are kept under; nothing when they are everyone's.

        Raises
        ------
        TemplateRefused
            When one of them is gone.
        """
        return None if tuple(kept) == self._everyones else tuple(map(self._file, kept))

    @property
    def own_pictures(self) -> bool:
        """Whether messages may show images of their own: a field of the email type or the signature is one."""
        return bool(self._picture_codes)

    def pictures_of(self, values: Mapping[str, object]) -> tuple[Attachment, ...]:
        """Return the images that one row's message shows besides everyone's: those its values name.

        Raises
        ------
        TemplateRefused
            When one of them is gone.
        """
        if not self._picture_codes or self._files is None:
            return ()
        named = [str(values.get(code) or "") for code in self._picture_codes]
        found = dict.fromkeys(address[1] for text in named if (address := PICTURE_URL.fullmatch(text)))
        known = {content_id(picture.digest) for picture in self.pictures}
        return tuple(self._files.picture(one) for one in found if one not in known)

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Return the merged subject, HTML and text of one row."""
        return self.renderer.render(values)

    def render_marked(self, values: Mapping[str, object]) -> Rendered:
        """Return the same with marks round the merged values, for the eye alone (`merging.marks`)."""
        return self.renderer.render_marked(values)

    def content(
        self,
        merged: Merged,
        recipient: Address,
        *,
        token: str,
        date: datetime,
        language: str,
        files: Sequence[Attachment] | None = None,
        pictures: Sequence[Attachment] = (),
    ) -> bytes:
        """Return the RFC 5322 message; Message-ID and boundary come from the delivery's random token (8.6).

        `files` and `pictures` as `files_of` and `pictures_of` give them.
        """
        return self.mime.compose(
            recipient=recipient,
            subject=merged.subject,
            text=merged.text,
            html=merged.html,
            message_id=message_id(token, self.domain),
            boundary_seed=token,
            date=date,
            language=language,
            files=files,
            pictures=pictures,
        )

    def message(
        self,
        values: Mapping[str, object],
        recipient: Address,
        *,
        token: str,
        date: datetime,
        language: str,
        attachments: Sequence[str] | None = None,
    ) -> Message:
        """Return the message a person reads, which writes itself with the same function as the sending.

        `attachments` are the files of this row, by the names they are kept under; everyone's by default.

        Raises
        ------
        TemplateRefused
            When it cannot be merged with these values, or a file of it is gone.
        """
        merged, rendered = self.renderer.merge(values)
        files = None if attachments is None else self.files_of(attachments)
        pictures = self.pictures_of(values)

        def writer(_message: Message) -> bytes:
            return self.content(
                merged, recipient, token=token, date=date, language=language, files=files, pictures=pictures
            )

        return Message(
            sender=self.sender,
            recipient=recipient,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            reply_to=self.reply_to,
            attachments=self.attachments if files is None else files,
            pictures=(*self.pictures, *pictures),
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

    def __init__(self, press_of: Callable[[int, int | None, tuple[str, ...]], LetterPress]) -> None:
        self._press_of = press_of
        self._presses: dict[_Form, LetterPress] = {}
        self._works: dict[_Form, Work] = {}
        self._expected: dict[int, tuple[Claimed, Work, Ticket, int]] = {}
        self._dated: datetime | None = None

    def press(self, claimed: Claimed) -> LetterPress:
        """Return the press of the template revision and the letterhead this row was frozen with."""
        form = (claimed.template_revision_id, claimed.letterhead_id)
        if form not in self._presses:
            try:
                self._presses[form] = self._press_of(*form, tuple(claimed.values))
            except Exception as error:
                # It would meet every row alike: nobody is failed for it.
                cause = error.sentence if isinstance(error, WorkbenchError) else type(error).__name__
                raise _not_prepared(cause) from error
        return self._presses[form]

    def expect(self, claims: Iterable[Claimed]) -> None:
        """Have rows merged ahead that are about to be asked for in this order; returns at once.

        Raises
        ------
        SenderFailed
            When nothing can be merged now: it would meet every row alike.
        """
        for (form, _frozen), some in groupby(claims, key=_alike):
            rows = [*some]
            press = self.press(rows[0])
            work = self._works.setdefault(form, Work(press.renderer))
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
            files=press.files_of(claimed.attachments),
            pictures=press.pictures_of(claimed.values),
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


_Form = tuple[int, int | None]
"""What gives a row's message its form: the numbers of its template revision and of its letterhead."""


def _alike(claimed: Claimed) -> tuple[_Form, tuple[str, ...] | None]:
    """Return what rows share that may be asked for together: their form, and the names of values that are read."""
    values = claimed.values
    form = (claimed.template_revision_id, claimed.letterhead_id)
    return form, None if isinstance(values, FrozenValues) else tuple(values)


def _not_prepared(cause: str) -> SenderFailed:
    return SenderFailed(
        _("The messages could not be prepared ({error}). Nothing was sent; send again to go on.").format(error=cause)
    )
