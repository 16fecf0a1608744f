"""Searches as a practice asks them: the patient store's, with what the ledger knows of each row, and those it saved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from babel.dates import format_datetime

from workbench.addresses import address_key
from workbench.domain.address_status import AddressStatus
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.fields import folded
from workbench.domain.frames import Origin
from workbench.domain.objections import Objections
from workbench.domain.people import Channel
from workbench.domain.saved_searches import SavedSearch, called, name_to_save
from workbench.domain.searches import SearchParameter
from workbench.errors import StaleData, UnknownName, UsageError
from workbench.language import _, language, marked
from workbench.practice.parts import PART, LongList, search_in_parts

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

Mask = npt.NDArray[np.bool_]

_OWN_KEYS = {
    "appointment_id": "appointment",
    "invoice_id": "invoice",
    "quote_id": "quote",
    "recall_id": "recall",
    "plan_id": "plan",
    "correspondent_id": "correspondent",
}
"""The key column of a search's frame, and the kind of its subjects; patients have none beside their own."""

_UNPAID = "unpaid"
"""The purpose of the reminders of an invoice, one step after the other."""

_MANY = 3
"""From so many reminders on they are counted as one."""

_MOVED = "moved"
"""The search whose rows are what was told, by contacts or by the workbench, and is no longer so."""

_LONG_AGO = timedelta(days=400)
"""What was told longer ago than any agenda reaches is about no appointment to come."""

_STATUSES = [status.value for status in DeliveryStatus]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A condition that the ledger answers: the parameter, what was asked of it, and which rows meet it."""

    parameter: str
    value: str
    mask: Mask


def kind_of(frame: pd.DataFrame) -> str:
    """Return what the rows of a search's frame are: ``appointment``, ``invoice``, ``patient`` …."""
    return next((kind for column, kind in _OWN_KEYS.items() if column in frame.columns), "patient")


def _written_to(frame: pd.DataFrame) -> pd.Series:
    """Return the address of each row: a colleague without an ordinary one has one at MSSanté."""
    emails = frame["email"].fillna("")
    return emails.mask(emails == "", frame["mss_email"].fillna("")) if "mss_email" in frame.columns else emails


class Searching:
    """What a practice asks of its patient store and its ledger together."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    # --- one search -------------------------------------------------------------------------------------

    def search(
        self,
        name: str,
        parameters: Mapping[str, object],
        *,
        today: date,
        patients: Collection[str] | None = None,
        addresses: bool = True,
    ) -> pd.DataFrame:
        """Return the rows of a search, or of a saved one, with the last message to each; see ``practice.search``.

        `patients` are the only ones whose rows are looked for. Without `addresses`, who objects and which addresses
        messages came back from is read where the search asks for it alone.
        """
        own = self.own_name(name)
        frame = self._found(own, parameters, today, patients=patients, addresses=addresses)
        asked = frame.attrs["workbench"]
        self._tell_freshness(frame)
        kept = np.ones(len(frame), dtype=bool)
        for answered in self._answers(frame, asked, today):
            kept &= answered.mask
        if not kept.all():
            frame = frame[kept].reset_index(drop=True)
        frame.attrs["workbench"] = Origin(
            asked,
            saved_as="" if own in self._practice.store.searches() else own,
            rows=len(frame),
            workspace=self._practice.settings.workspace_id,
        )
        return frame

    def in_parts(
        self, name: str, parameters: Mapping[str, object], *, today: date, size: int = PART
    ) -> pd.DataFrame | LongList:
        """Return the rows of a search, or a long list when it finds more than `size` rows of patients.

        What moved is always held: the ledger and the store find it together.
        """
        own = self.own_name(name)
        meant, asked = self.meant(own, parameters)
        count, patients = (
            (0, []) if meant == _MOVED else self._practice.store.found_patients(meant, asked, today=today, rows=size)
        )
        if not patients:
            return self.search(own, parameters, today=today)
        resolved = self._practice.store.resolve(meant, asked, today=today)

        def ask(some: Collection[str]) -> pd.DataFrame:
            # Nobody looks at these rows: whoever may be written to is worked out for the mailing (P13).
            return self.search(meant, asked, today=today, patients=some, addresses=False)

        saved_as = "" if own == meant else own
        return search_in_parts(meant, resolved, patients, count, ask, saved_as=saved_as)

    def explain(self, name: str, parameters: Mapping[str, object], *, today: date) -> pd.DataFrame:
        """Return how a search finds its rows, one row a condition, those that the ledger answers after the store's."""
        name, parameters = self.meant(name, parameters)
        store = self._practice.store
        also = self._moved_since(self._last_told()) if name == _MOVED else []
        explained = store.explain(name, parameters, today=today, also=also)
        frame = self._found(name, parameters, today)
        answers = self._answers(frame, frame.attrs["workbench"], today)
        if not answers:
            return explained
        known = {one.name: one for one in store.searches()[name].parameters}
        # Alone, a condition is counted over the search without any, as the store counts its own.
        whole_search = self._found(name, {}, today, whole=True)
        left = np.ones(len(frame), dtype=bool)
        lines = []
        for one, alone in zip(answers, self._answers(whole_search, frame.attrs["workbench"], today), strict=True):
            left &= one.mask
            said = _("The workbench has not told it since")
            if one.parameter:
                said = asked_sentence(known[one.parameter], one.value)
            lines.append((one.parameter, said, pd.NA, int(alone.mask.sum()), int(left.sum())))
        told = pd.DataFrame(lines, columns=explained.columns).astype(explained.dtypes.to_dict())
        whole = explained.iloc[[-1]].assign(alone=int(left.sum()), left=int(left.sum()))
        return pd.concat([explained.iloc[:-1], told, whole.astype(explained.dtypes.to_dict())], ignore_index=True)

    def meant(self, name: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """Return the search that a name means, with its parameters: the saved ones, unless others are given.

        Raises
        ------
        UnknownName
            As `own_name`.
        """
        own = self.own_name(name)
        if own in self._practice.store.searches():
            return own, dict(parameters)
        kept = self.saved()[own]
        return kept.search, {**kept.parameters, **parameters}

    def own_name(self, name: str) -> str:
        """Return what a search, or a saved one, is called exactly.

        A search is also found by its label in any language, without regard to accents and case; what somebody saved
        comes before.

        Raises
        ------
        UnknownName
            When neither a search nor a saved one is called so.
        """
        known = self._practice.store.searches()
        if name in known:
            return name
        saved = self._practice.ledger.saved_searches.all()
        kept = called(name, saved)
        if kept is not None:
            return kept.name
        own = called(name, {folded(words): one.name for one in known.values() for words in one.names})
        if own is not None:
            return own
        raise UnknownName(
            _("There is no search called « {name} ». The searches are: {known}.").format(
                name=name, known=", ".join([*known, *saved])
            )
        )

    def _found(
        self,
        name: str,
        parameters: Mapping[str, object],
        today: date,
        *,
        whole: bool = False,
        patients: Collection[str] | None = None,
        addresses: bool = True,
    ) -> pd.DataFrame:
        """Return what the store finds, with the last message to whom each row is about."""
        name, parameters = self.meant(name, parameters)
        told = None
        if name == _MOVED:
            # Of those alone that can be found: what was told of all others in years is much.
            among = None if whole else self._practice.store.may_have_moved(parameters, today=today)
            told = self._last_told(among)
        also = self._moved_since(told) if told is not None else []
        frame = self._practice.store.search(name, parameters, today=today, also=also, whole=whole, patients=patients)
        asked = frame.attrs["workbench"]
        if told is not None:
            frame = self._with_what_was_told(frame, told)
        if "reminders_sent" in frame.columns:
            frame = frame.assign(reminders_sent=self._reminders_in_all(frame))
        frame = frame.assign(**self._last_messages(frame))
        if addresses or asked["resolved"].get("address_status"):
            frame = frame.assign(address_status=self._address_status(frame))
        frame.attrs["workbench"] = asked
        return frame

    # --- what the ledger knows --------------------------------------------------------------------------

    def _last_messages(self, frame: pd.DataFrame) -> dict[str, Any]:
        book, zone = self._practice.ledger.last_messages, self._practice.calendar.zone
        if kind_of(frame) == "correspondent":
            whom = frame["subject_key"]
            found = book.to_colleagues(whom.unique().tolist())
        else:
            whom = frame["patient_id"]
            found = book.to_patients(whom.dropna().unique().tolist())
        # Nobody at all was written to: no row needs to be looked for.
        places = found.index.get_indexer(pd.Index(whom)) if len(found) else np.full(len(frame), -1)
        status = found["status"].array.take(places, allow_fill=True)
        return {
            "last_message_at": found["at"].dt.tz_convert(zone).array.take(places, allow_fill=True),
            "last_message": found["template"].array.take(places, allow_fill=True),
            "last_message_status": pd.Categorical(status, categories=_STATUSES),
        }

    def _address_status(self, frame: pd.DataFrame) -> pd.Series:
        """Return what is to be known of each address, with those who want no messages, by the store or the ledger."""
        practice, told = self._practice, self._with_returned(frame)
        standing = pd.concat([practice.store.objections(), practice.ledger.opt_outs.objections()], ignore_index=True)
        if standing.empty:
            return told
        objections = Objections.from_frame(standing, selves=practice.store.selves, mailbox=address_key)
        patients, emails = frame["patient_id"].fillna(""), _written_to(frame)
        # Few object: whom none of them can be is not asked about. A colleague may be anybody.
        written = emails.str.strip().str.lower()
        addresses = standing["address"].dropna().str.strip().str.lower()
        may = patients.isin(standing["patient_id"].dropna()) | written.isin(addresses) | (patients == "")
        may |= ~written.map(str.isascii).astype(bool)
        objecting = np.zeros(len(frame), dtype=bool)
        asked = zip(np.flatnonzero(may.to_numpy(dtype=bool)), patients[may], emails[may], strict=True)
        for place, patient_id, email in asked:
            objecting[place] = bool(
                objections.reason(patient_id=patient_id, address=email, channel=Channel.EMAIL, purpose="")
            )
        usable = ~told.isin([AddressStatus.MISSING, AddressStatus.MALFORMED]).to_numpy(dtype=bool)
        return told.mask(objecting & usable, str(AddressStatus.OPTED_OUT))

    def _with_returned(self, frame: pd.DataFrame) -> pd.Series:
        """Return what is to be known of each address, with those from which messages come back."""
        told, wrong = frame["address_status"], self._practice.ledger.returned.addresses()
        if not wrong:
            return told
        back = _written_to(frame).map(lambda email: address_key(email) in wrong).to_numpy(dtype=bool)
        return told.mask(back, str(AddressStatus.RETURNED))

    def _answers(self, frame: pd.DataFrame, asked: Mapping[str, Any], today: date) -> list[_Answer]:
        """Return which rows meet each condition that the ledger answers, in the order they are asked."""
        resolved: Mapping[str, str] = asked["resolved"]
        answers = []
        if asked["search"] == _MOVED:
            knows = (frame["state"] == "upcoming") & (frame["told_start"] == frame["starts_at"])
            answers.append(_Answer("", "", ~knows.to_numpy(dtype=bool)))
        if statuses := resolved.get("address_status"):
            known = frame["address_status"].astype("string").isin(statuses.split(","))
            answers.append(_Answer("address_status", statuses, known.to_numpy(dtype=bool)))
        if days := resolved.get("not_written_for"):
            answers.append(_Answer("not_written_for", days, self._not_written_since(frame, today, int(days))))
        if counts := resolved.get("reminders"):
            sent = frame["reminders_sent"].clip(upper=_MANY).astype("string")
            answers.append(_Answer("reminders", counts, sent.isin(counts.split(",")).to_numpy(dtype=bool)))
        if wanted := resolved.get("reminded"):
            told = self._told_about(frame)
            answers.append(_Answer("reminded", wanted, told if wanted == "yes" else ~told))
        return answers

    def _reminders_in_all(self, frame: pd.DataFrame) -> pd.Series:
        """Add the reminders of unpaid invoices that the workbench sent to those that were sent before it."""
        ours = self._practice.ledger.last_messages.times_told(kind_of(frame), _UNPAID)
        return frame["reminders_sent"] + frame["subject_key"].map(ours).fillna(0).astype("Int64")

    def _not_written_since(self, frame: pd.DataFrame, today: date, days: int) -> Mask:
        """Tell whose last message, or contact outside the workbench, is so many days old, if there ever was one."""
        first = datetime.combine(today - timedelta(days=days - 1), datetime.min.time())
        limit = pd.Timestamp(first, tz=self._practice.calendar.zone)
        written = (frame["last_message_at"] >= limit).to_numpy()
        reached = self._practice.store.last_contacts()
        lately = reached.index[reached["at"] >= limit]
        return np.asarray(~(written | frame["patient_id"].isin(lately).to_numpy()), dtype=bool)

    def _told_about(self, frame: pd.DataFrame) -> Mask:
        """Tell which subjects were told about already: an appointment at the time it has now, a recall as it is due."""
        kind = kind_of(frame)
        book, keys, asked = self._practice.ledger.last_messages, frame["subject_key"], None
        now = None
        if kind == "appointment":
            now = keys + "@" + frame["date"] + "T" + frame["time"]
        elif kind == "recall":
            now = keys + "@" + frame["due_on"].dt.strftime("%Y-%m-%d") + "#" + frame["rank"].astype("string")
        if now is not None:
            asked = [*now, *keys]
        told = pd.concat(
            [book.told(kind, occasions=asked), self._practice.store.contacts_about(kind)], ignore_index=True
        )
        if now is not None:
            # A contact that does not say which time was told told the time there is.
            at_its_time = (told["subject_key"] + "@" + told["occasion"])[told["occasion"] != ""]
            told = told[told["occasion"] == ""]
            return np.asarray(now.isin(at_its_time) | keys.isin(told["subject_key"]), dtype=bool)
        return np.asarray(keys.isin(told["subject_key"]), dtype=bool)

    # --- what moved since it was told --------------------------------------------------------------------

    def _moved_since(self, told: pd.DataFrame) -> list[str]:
        """Return the appointments that stand otherwise now than they were `told` last (`_last_told`)."""
        told = told[told["at"] >= pd.Timestamp(self._practice.now() - _LONG_AGO)]
        now = self._practice.store.columns("appointment", told.index.tolist(), ["starts_at", "state"])
        starts, state = now["starts_at"].dt.strftime("%Y-%m-%dT%H:%M"), now["state"].astype("string")
        moved = (state == "upcoming") & (starts != told["occasion"].reindex(now.index))
        gone = state.isin(["cancelled", "postponed"])
        return [str(key) for key in now.index[(moved | gone).to_numpy(dtype=bool, na_value=True)]]

    def _last_told(self, among: Collection[str] | None = None) -> pd.DataFrame:
        """Return the start of each appointment, or of those `among` them, that the ledger told last: occasion at.

        Its index is their numbers; others may be there.
        """
        book = self._practice.ledger.last_messages
        told = book.told("appointment") if among is None else book.told_of([f"appointment:{one}" for one in among])
        told = told[told["occasion"] != ""].drop_duplicates("subject_key", keep="last")
        return told.set_index(told["subject_key"].str.removeprefix("appointment:"))[["occasion", "at"]]

    def _with_what_was_told(self, frame: pd.DataFrame, last_told: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of what moved with the start that was told last, by a contact or by the workbench."""
        zone = self._practice.calendar.zone
        told = last_told.reindex(pd.Index(frame["appointment_id"]))
        starts = pd.to_datetime(told["occasion"].astype("object"), format="ISO8601", errors="coerce")
        starts = starts.dt.tz_localize(zone, ambiguous=np.ones(len(starts), dtype=bool), nonexistent="shift_forward")
        later = (told["at"].notna() & ~(told["at"] < frame["told_at"].set_axis(told.index))).to_numpy(dtype=bool)
        return frame.assign(
            told_start=frame["told_start"].mask(later, starts.set_axis(frame.index)),
            told_at=frame["told_at"].mask(later, told["at"].dt.tz_convert(zone).set_axis(frame.index)),
        )

    # --- how fresh the data is --------------------------------------------------------------------------

    def _tell_freshness(self, frame: pd.DataFrame) -> None:
        """Write when the data came beside the frame, and refuse what is older than was asked."""
        asked = frame.attrs["workbench"]
        fresh = self._practice.store.freshness().set_index("kind")["as_of"]
        reads = self._practice.store.searches()[asked["search"]].reads
        imported = [one for one in reads if one in fresh.index]
        kind = min(imported, key=lambda one: fresh[one], default="")
        kind = kind or next((one for one in ("sample", "store") if one in fresh.index), "")
        as_of = fresh[kind] if kind else None
        asked |= {"as_of": as_of.isoformat() if as_of is not None else None, "as_of_kind": kind}
        most = asked["parameters"].get("max_age", "").strip()
        if not most:
            return
        hours = int(most)
        if as_of is None:
            raise StaleData(
                _("Nobody knows when the data of this search came, and it may be {hours} h old at most.").format(
                    hours=hours
                )
            )
        if self._practice.now() - as_of > timedelta(hours=hours):
            raise StaleData(
                _(
                    "The data of this search came on {moment}, and it may be {hours} h old at most. Import it anew."
                ).format(moment=format_datetime(as_of, "short", locale=language()), hours=hours)
            )

    # --- searches that are kept -------------------------------------------------------------------------

    def save(self, name: str, search: str | pd.DataFrame, parameters: Mapping[str, object]) -> SavedSearch:
        """Keep a search under a name, as it was given; see ``practice.save_search``."""
        practice = self._practice
        kept_as = self._name_to_save(name)
        if isinstance(search, str):
            asked = self.search(search, parameters, today=practice.today).attrs["workbench"]
        else:
            asked = search.attrs.get("workbench")
            if not asked or parameters or asked.get("rows") != len(search):
                raise UsageError(
                    _("Only a whole search can be saved: give its name and parameters, or all that it found.")
                )
        return practice.ledger.saved_searches.save(
            kept_as,
            asked["search"],
            asked["parameters"],
            by=practice.user,
            now=practice.now(),
        )

    def saved(self) -> dict[str, SavedSearch]:
        """Return the saved searches by name."""
        return dict(self._practice.ledger.saved_searches.all())

    def saved_as(self, search: str, parameters: Mapping[str, object]) -> str:
        """Return the name under which exactly this search is kept, or nothing."""
        asked = {name: str(value) for name, value in parameters.items()}
        return next(
            (one.name for one in self.saved().values() if one.search == search and dict(one.parameters) == asked), ""
        )

    def saved_frame(self) -> pd.DataFrame:
        """Return the saved searches as a frame; see ``practice.saved_searches``."""
        saved = self.saved().values()
        moments = pd.Series([one.saved_at for one in saved], dtype="object")
        return pd.DataFrame(
            {
                "name": pd.array([one.name for one in saved], dtype="string"),
                "search": pd.array([one.search for one in saved], dtype="string"),
                "parameters": pd.Series([dict(one.parameters) for one in saved], dtype="object"),
                "saved_at": pd.to_datetime(moments, utc=True).astype(
                    pd.DatetimeTZDtype("us", self._practice.calendar.zone)
                ),
                "saved_by": pd.array([one.saved_by for one in saved], dtype="string"),
            }
        )

    def rename(self, name: str, new: str) -> str:
        """Call a saved search otherwise; see ``practice.rename_search``."""
        practice, found, kept_as = self._practice, self._kept(name), self._name_to_save(new)
        if not practice.ledger.saved_searches.rename(found.name, kept_as, by=practice.user, now=practice.now()):
            raise self._no_such(name)
        practice.changes += 1
        return kept_as

    def forget(self, name: str) -> None:
        """Forget a saved search.

        Raises
        ------
        UnknownName
            When no saved search has this name.
        """
        practice, found = self._practice, self._kept(name)
        if not practice.ledger.saved_searches.forget(found.name, by=practice.user, now=practice.now()):
            raise self._no_such(name)
        practice.ledger.search_templates.detach(found.name, by=practice.user, now=practice.now())

    def _name_to_save(self, name: str) -> str:
        known = self._practice.store.searches().values()
        return name_to_save(name, taken=[words for one in known for words in one.names])

    def _kept(self, name: str) -> SavedSearch:
        found = called(name, self.saved())
        if found is None:
            raise self._no_such(name)
        return found

    def _no_such(self, name: str) -> UnknownName:
        return UnknownName(
            _("There is no saved search called « {name} ». The saved ones are: {known}.").format(
                name=name, known=", ".join(self.saved()) or "–"
            )
        )


def asked_sentence(parameter: SearchParameter, value: str) -> str:
    """Return what a parameter was asked for as a person reads it, « Reminders sent so far: none, one »."""
    words = {"yes": marked("yes"), "no": marked("no"), **parameter.words}
    shown = ", ".join(_(words[one]) if one in words else one for one in value.split(","))
    return _("{label}: {value}").format(label=_(parameter.heading), value=shown)
