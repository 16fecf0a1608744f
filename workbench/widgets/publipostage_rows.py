"""What the screens of a mailing show of its list: columns, addresses, units, days, email types and accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
from babel.dates import format_date

from workbench.displays.search_columns import columns_shown
from workbench.displays.showing import ShownMessage, shown
from workbench.displays.words import heading
from workbench.domain.accounts import AccountKind
from workbench.domain.deliveries import Standing, standing_of, word_of_reason
from workbench.domain.mail_domains import meant_address
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _, language, n_
from workbench.practice.addressing import numbers_of_guardians
from workbench.practice.searching import kind_of
from workbench.widgets.recipient_table import Column

if TYPE_CHECKING:
    from workbench.practice import Mailing, Practice


def nobody_yet(frame: pd.DataFrame, sentence: str) -> pd.DataFrame:
    """Return what the table shows while nobody knows who receives a message."""
    told = {"address": "", "receiver": "", "problem": "", "hint": "", "excluded": _("nobody yet"), "detail": sentence}
    return pd.DataFrame(told | {"opted_out": False}, index=frame["subject_key"].astype(str))


def no_message(_number: int) -> ShownMessage:
    """Refuse to show a message of a list that is not ready."""
    raise UsageError(_("The list is not ready yet."))


def addresses_of(found: pd.DataFrame) -> pd.DataFrame:
    """Return what the table shows of each row's addressee (``Mailing.addressees``); index ``subject_key``."""
    elsewhere = found["addressee_key"] != "patient:" + found["patient_id"]
    standings = {reason: standing_of(reason) for reason in found["reason"].unique()}
    words = found["reason"].map({reason: word_of_reason(reason) if reason else "" for reason in standings})
    standing = found["reason"].map(standings)
    # A row without anybody to write to invites nobody to type an address: there is no file to keep it in.
    nowhere = found["reason"].isin(["no_correspondent", "unknown_patient"])
    return pd.DataFrame(
        {
            "address": found["address"],
            "receiver": ("→ " + found["recipient"]).where(elsewhere, ""),
            "problem": words.where(standing == Standing.TO_CORRECT, ""),
            "excluded": words.where(standing == Standing.EXCLUDED, ""),
            "detail": found["problem"],
            "hint": found["hint"],
            "suggestion": found["address"].where(found["hint"] != "", "").map(meant_address),
            "opted_out": found["reason"] == "opted_out",
            "by_file": found["reason"] == "no_addressee",
            "nowhere": nowhere,
        }
    )


def addresses_told(practice: Practice, found: pd.DataFrame) -> pd.DataFrame:
    """Return `addresses_of`, and under ``phone`` the number of who answers for a child no message reaches."""
    told = addresses_of(found)
    asked = (told["problem"] != "") & (told["receiver"] != "")
    numbers = numbers_of_guardians(practice, found.loc[asked, "patient_id"].dropna().tolist())
    # As text, also where there is no number at all: such a column would be one of figures.
    phones = found["patient_id"].map(numbers).astype("string").where(asked).fillna("")
    return told.assign(phone=phones.astype(object))


def held_words(count: int) -> str:
    """Say that a list is no answer to the search beside it: its rows were kept from before, or brought here."""
    return n_(
        "Only this {count} row that was kept is listed. Change the search to find everybody again.",
        "Only these {count} rows that were kept are listed. Change the search to find everybody again.",
        count,
    ).format(count=count)


def mended_by(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what sets the rows of a preview right whose addressee (``Mailing.addressees``) cannot be written to.

    Parameters
    ----------
    found
        The addressees of the list.
    rows
        The recipients: ``key`` (the recipient's) and ``state``.

    Returns
    -------
    DataFrame
        ``mend`` (``address``, ``file`` or nothing) and ``address``, indexed as `rows`.
    """
    nothing = pd.DataFrame("", index=rows.index, columns=["mend", "address"])
    if not len(found):
        return nothing
    doubtful = found[(found["reason"] != "") | (found["hint"] != "")].drop_duplicates("recipient_id")
    told = addresses_of(doubtful)
    typed = ((told["problem"] != "") | (told["hint"] != "")) & ~told["by_file"] & ~told["nowhere"]
    mend = pd.Series("", index=told.index, dtype=object).mask(told["by_file"], "file").mask(typed, "address")
    meant = told["suggestion"].fillna("")
    address = meant.where(meant != "", told["address"])
    known = pd.DataFrame({"mend": mend, "address": address}).set_index(doubtful["recipient_id"].to_numpy())
    stays = rows["state"].isin([Standing.TO_CORRECT, Standing.TO_READ])
    return known.reindex(rows["key"]).fillna("").set_axis(rows.index, axis="index").where(stays, nothing)


def shown_of(mailing: Mailing, number: int, recipient_id: str) -> ShownMessage:
    """Return the message of a recipient as it is shown, its merged values marked; never somebody else's."""
    if mailing.fields().index[number] != recipient_id:
        raise UsageError(_("The list has changed since: search again to read it."))
    return shown(*mailing.preview_marked(number))


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """Return the columns of the recipients table that a search's frame can fill, in the order they are read."""
    return [
        Column(
            name=one.name,
            label=heading(one.name),
            kind=one.kind,
            width=one.width,
            hidden=one.hidden or one.name == "last_message",  # told beside its moment
            beside=one.beside,
        )
        for one in columns_shown(frame)
    ]


def unit_of(frame: pd.DataFrame) -> Callable[[int], str]:
    """Return how a number of rows of a search reads."""
    kind = kind_of(frame)

    def unit(count: int) -> str:
        if kind == "appointment":
            words = n_("{count} appointment", "{count} appointments", count)
        elif kind == "invoice":
            words = n_("{count} invoice", "{count} invoices", count)
        elif kind == "quote":
            words = n_("{count} quote", "{count} quotes", count)
        elif kind == "recall":
            words = n_("{count} recall", "{count} recalls", count)
        elif kind == "correspondent":
            words = n_("{count} colleague", "{count} colleagues", count)
        elif kind == "plan":
            words = n_("{count} treatment plan", "{count} treatment plans", count)
        else:
            words = n_("{count} patient", "{count} patients", count)
        return words.format(count=count)

    return unit


def days_of(frame: pd.DataFrame) -> str:
    """Say which days the list holds, so that « tomorrow » is never a guess."""
    if "starts_at" not in frame or not len(frame):
        return ""
    first, last = frame["starts_at"].min().date(), frame["starts_at"].max().date()
    if first == last:
        return format_date(first, "EEEE d MMMM", locale=language())
    return _("from {first} to {last}").format(
        first=format_date(first, "EEE d MMM", locale=language()), last=format_date(last, "EEE d MMM", locale=language())
    )


def email_types(practice: Practice) -> list[tuple[str, str, str, str]]:
    """Return the email types to choose from: path, folder, label and subject."""
    return [
        (template.path, template.folder, template.label, template.subject) for template in practice.templates.values()
    ]


def saved(practice: Practice) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the saved searches by name, each the search it is and its parameters."""
    saved = practice.saved_searches()
    asked = zip(saved["search"], saved["parameters"], strict=True)
    return dict(zip(saved["name"], asked, strict=True))


def accounts(practice: Practice) -> list[tuple[str, str]]:
    """Return the accounts to choose from, the one used by default first."""
    try:
        first = practice.accounts.default().name
    except WorkbenchError:
        first = ""
    accounts = sorted(practice.accounts.values(), key=lambda account: account.name != first)
    return [
        (account.name, _("test box") if account.kind is AccountKind.CATCHER else f"{account.name} ({account.email})")
        for account in accounts
    ]
