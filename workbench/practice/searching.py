"""Searches as a practice asks them: the patient store's, with what the ledger knows of each row, and those it saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from babel.dates import format_datetime

from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.saved_searches import SavedSearch, called, name_to_save
from workbench.errors import StaleData, UnknownName, UsageError
from workbench.language import _, language

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

_IMPORTED_AS = {
    "appointment": "appointments",
    "invoice": "invoices",
    "quote": "quotes",
    "recall": "recalls",
    "plan": "treatment-plans",
    "correspondent": "correspondents",
    "patient": "patients",
}
_STATUSES = [status.value for status in DeliveryStatus]


def kind_of(frame: pd.DataFrame) -> str:
    """Return what the rows of a search's frame are: ``appointment``, ``invoice``, ``patient`` …."""
    return next((kind for column, kind in _OWN_KEYS.items() if column in frame.columns), "patient")


class Searching:
    """What a practice asks of its patient store and its ledger together."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    # --- one search -------------------------------------------------------------------------------------

    def search(self, name: str, parameters: Mapping[str, object], *, today: date) -> pd.DataFrame:
        """Return the rows of a search, or of a saved one, with the last message to each; see ``practice.search``."""
        frame = self._found(name, parameters, today)
        asked = frame.attrs["workbench"]
        self._tell_freshness(frame)
        kept = np.logical_and.reduce(
            [np.ones(len(frame), dtype=bool), *(mask for _name, mask in self._masks(frame, asked["resolved"], today))]
        )
        if not kept.all():
            frame = frame[kept].reset_index(drop=True)
        frame.attrs["workbench"] = {
            **asked,
            "rows": len(frame),
            "workspace": self._practice.settings.workspace_id,
        }
        return frame

    def explain(self, name: str, parameters: Mapping[str, object], *, today: date) -> pd.DataFrame:
        """Return how a search finds its rows, one row a condition, those that the ledger answers after the store's."""
        name, parameters = self.meant(name, parameters)
        explained = self._practice.store.explain(name, parameters, today=today)
        frame = self._found(name, parameters, today)
        resolved = frame.attrs["workbench"]["resolved"]
        labels = {one.name: _(one.label) for one in self._practice.store.searches()[name].parameters}
        left = np.ones(len(frame), dtype=bool)
        lines = []
        for parameter, mask in self._masks(frame, resolved, today):
            left &= mask
            everyone = self._found(name, {parameter: resolved[parameter]}, today)
            ((_same, alone),) = self._masks(everyone, {parameter: resolved[parameter]}, today)
            said = _("{label}: {value}").format(label=labels[parameter], value=_value_shown(resolved[parameter]))
            lines.append((parameter, said, pd.NA, int(alone.sum()), int(left.sum())))
        if not lines:
            return explained
        told = pd.DataFrame(lines, columns=explained.columns).astype(explained.dtypes.to_dict())
        whole = explained.iloc[[-1]].assign(alone=int(left.sum()), left=int(left.sum()))
        return pd.concat([explained.iloc[:-1], told, whole.astype(explained.dtypes.to_dict())], ignore_index=True)

    def meant(self, name: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """Return the search that a name means, with its parameters: the saved ones, unless others are given.

        Raises
        ------
        UnknownName
            When neither a search nor a saved one has this name.
        """
        known = self._practice.store.searches()
        if name in known:
            return name, dict(parameters)
        saved = self._practice.ledger.saved_searches.all()
        found = called(name, saved)
        if found is None:
            raise UnknownName(
                _("There is no search called « {name} ». The searches are: {known}.").format(
                    name=name, known=", ".join([*known, *saved])
                )
            )
        return found.search, {**found.parameters, **parameters}

    def _found(self, name: str, parameters: Mapping[str, object], today: date) -> pd.DataFrame:
        """Return what the store finds, with the last message to whom each row is about."""
        name, parameters = self.meant(name, parameters)
        frame = self._practice.store.search(name, parameters, today=today)
        asked = frame.attrs["workbench"]
        frame = frame.assign(**self._last_messages(frame))
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

    def _masks(self, frame: pd.DataFrame, resolved: Mapping[str, str], today: date) -> list[tuple[str, Mask]]:
        """Return which rows meet each condition that the ledger answers, in the order they are asked."""
        masks: list[tuple[str, Mask]] = []
        if "not_written_for" in resolved:
            masks.append(("not_written_for", self._not_written_since(frame, today, int(resolved["not_written_for"]))))
        if "reminded" in resolved:
            told = self._told_about(frame)
            masks.append(("reminded", told if resolved["reminded"] == "yes" else ~told))
        return masks

    def _not_written_since(self, frame: pd.DataFrame, today: date, days: int) -> Mask:
        """Tell whose last message, or contact outside the workbench, is so many days old, if there ever was one."""
        first = datetime.combine(today - timedelta(days=days - 1), datetime.min.time())
        limit = pd.Timestamp(first, tz=self._practice.calendar.zone)
        written = (frame["last_message_at"] >= limit).to_numpy()
        reached = self._practice.store.last_contacts()
        lately = reached.index[reached["at"] >= limit]
        return np.asarray(~(written | frame["patient_id"].isin(lately).to_numpy()), dtype=bool)

    def _told_about(self, frame: pd.DataFrame) -> Mask:
        """Tell about which subjects something was told already; of an appointment, at the time it has now."""
        kind = kind_of(frame)
        told = pd.concat(
            [self._practice.ledger.last_messages.told(kind), self._practice.store.contacts_about(kind)],
            ignore_index=True,
        )
        if kind == "appointment":
            # A contact that does not say which time was told told the time there is.
            at_its_time = (told["subject_key"] + "@" + told["occasion"])[told["occasion"] != ""]
            now = frame["subject_key"] + "@" + frame["date"] + "T" + frame["time"]
            told = told[told["occasion"] == ""]
            return np.asarray(now.isin(at_its_time) | frame["subject_key"].isin(told["subject_key"]), dtype=bool)
        return np.asarray(frame["subject_key"].isin(told["subject_key"]), dtype=bool)

    # --- how fresh the data is --------------------------------------------------------------------------

    def _tell_freshness(self, frame: pd.DataFrame) -> None:
        """Write when the data came beside the frame, and refuse what is older than was asked."""
        asked = frame.attrs["workbench"]
        fresh = self._practice.store.freshness().set_index("kind")["as_of"]
        kind = next((one for one in (_IMPORTED_AS[kind_of(frame)], "sample", "store") if one in fresh.index), "")
        as_of = fresh[kind] if kind else None
        asked |= {"as_of": as_of.isoformat() if as_of is not None else None, "as_of_kind": kind}
        if "max_age" not in asked["parameters"]:
            return
        hours = int(asked["parameters"]["max_age"])
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
        if isinstance(search, str):
            asked = self.search(search, parameters, today=practice.today).attrs["workbench"]
        else:
            asked = search.attrs.get("workbench")
            if not asked or parameters or asked.get("rows") != len(search):
                raise UsageError(
                    _("Only a whole search can be saved: give its name and parameters, or all that it found.")
                )
        return practice.ledger.saved_searches.save(
            name_to_save(name, taken=practice.store.searches()),
            asked["search"],
            asked["parameters"],
            by=practice.user,
            now=practice.now(),
        )

    def saved(self) -> dict[str, SavedSearch]:
        """Return the saved searches by name."""
        return dict(self._practice.ledger.saved_searches.all())

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

    def forget(self, name: str) -> None:
        """Forget a saved search.

        Raises
        ------
        UnknownName
            When no saved search has this name.
        """
        practice = self._practice
        saved = self.saved()
        found = called(name, saved)
        if found is None or not practice.ledger.saved_searches.forget(found.name, by=practice.user, now=practice.now()):
            raise UnknownName(
                _("There is no saved search called « {name} ». The saved ones are: {known}.").format(
                    name=name, known=", ".join(saved) or "–"
                )
            )


def _value_shown(text: str) -> str:
    return {"yes": _("yes"), "no": _("no")}.get(text, text)
