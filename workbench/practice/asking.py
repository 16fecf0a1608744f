"""What may be asked of a practice: its searches, how they find their rows, how old the data is, a question in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from weakref import ref

import pandas as pd

from workbench.practice.card import Card
from workbench.practice.parts import LongList
from workbench.practice.searching import Searching

if TYPE_CHECKING:
    from workbench.domain.saved_searches import SavedSearch
    from workbench.domain.searches import Search


class Asking(Card):
    """The verbs that look for somebody, or ask about the data."""

    _searching: Searching
    _last_search: ref[pd.DataFrame] | None

    def searches(self) -> Mapping[str, Search]:
        """Return the searches there are by name, with their parameters.

        Examples
        --------
        >>> [parameter.name for parameter in practice.searches()["missed"].parameters][:3]
        ['start', 'end', 'hours']
        """
        return self.store.searches()

    def choices(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return what may be chosen for a search's parameters (its practitioners, chairs …), with their labels.

        Examples
        --------
        >>> practice.choices()["chair"][:3]
        [('F1', 'Fauteuil 1'), ('F2', 'Fauteuil 2'), ('F3', 'Fauteuil 3')]
        """
        return self.store.choices()

    def search(self, name: str, /, *, today: date | str | None = None, **parameters: object) -> pd.DataFrame:
        """Look for subjects; one row an appointment, an invoice or a patient.

        Parameters
        ----------
        name
            ``appointments``, ``missed`` …, or its label in any language, as « Impayés »; see `searches`. Or the name of
            a saved search: what is given here then stands in the place of what was saved.
        today
            The day relative dates count from; the practice's date by default.
        **parameters
            As on the command line: ``start="tomorrow", end="J+1", state="upcoming"`` … Every search takes ``where``
            (a condition, see ``workbench.where``), ``not_written_for`` (days) and ``max_age`` (hours), and those about
            something that is told once ``reminded``.

        Returns
        -------
        DataFrame
            Key ``subject_key``; name and parameters stand in ``frame.attrs["workbench"]``, and ``as_of``, when the data
            came. Every search has ``last_message_at`` (a moment), ``last_message`` (an email type's path, ``string``)
            and ``last_message_status`` (``category``), of the last message that left or may have left to whom a row is
            about. For appointments, by kind:

            * ``string``: the keys ``subject_key appointment_id patient_id file_number practitioner_id family``,
              ``patient phone email remark``, and ``date time`` as ISO texts of the practice's clock;
            * ``category``: ``nature chair practitioner state declined_by kind patient_type file_state
              address_status`` (`AddressStatus`: what is to be known of the address before anybody writes to it);
            * ``address_shared_by`` ``Int64``, how many open files have the address;
            * ``starts_at`` a moment of the practice's zone, ``duration`` ``Int64`` minutes, ``forced`` ``bool``,
              ``balance`` ``float64`` euros, when it was asked for.

        Raises
        ------
        UnknownName, BadValue
            For an unknown search or parameter, or a value that cannot be read; both are ``UsageError``.
        StaleData
            When the data is older than ``max_age``, or nobody knows how old it is.

        Examples
        --------
        >>> from workbench import where
        >>> known = practice.search("appointments", where=(where("city") == "Rennes") & ~where("email").is_missing())
        >>> known.attrs["workbench"]["resolved"]["where"]
        "city == 'Rennes' and not missing(email)"
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
        >>> rdv["state"].unique().tolist()
        ['upcoming']
        >>> practice.search("appointments", start="yesterdy")
        Traceback (most recent call last):
        workbench.errors.BadValue: « yesterdy » is not a date: ...
        """
        frame = self._searching.search(name, parameters, today=self._day(today))
        self._last_search = ref(frame)
        return frame

    def find(self, words: str, *, limit: int = 20) -> pd.DataFrame:
        """Find patients by whatever somebody remembers of them, best first.

        Parameters
        ----------
        words
            Parts of the name (the birth name too) or of the address, in any order, without regard to accents and case;
            the beginning of the file number; digits of a telephone number, however it is written; a birth date, as
            ``24/05/2001``, ``24/05`` or ``2001``. Every word has to fit.
        limit
            So many are returned at most, and never more than 50.

        Returns
        -------
        DataFrame
            Key ``patient_id``; ``patient`` (the name) ``last_name first_name birth_name phone mobile email city`` as
            texts, ``birth_date`` a day, ``deceased archived`` yes or no. Fewer than two characters find nobody.

        Examples
        --------
        >>> found = practice.find("2201")
        >>> found["patient_id"].tolist()
        ['2201']
        """
        found = self.store.find(words, limit=limit)
        found.attrs["of_people"] = True
        return found

    def found_in_parts(
        self, name: str, /, *, today: date | str | None = None, **parameters: object
    ) -> pd.DataFrame | LongList:
        """Look for subjects as `search` does, for ``practice.mailing``, however many are found.

        Returns
        -------
        DataFrame or LongList
            Few rows as the frame of `search`, with its columns. Many as a list that is asked for part by part and
            never held whole; no part cuts a family.
        """
        return self._searching.in_parts(name, parameters, today=self._day(today))

    def explain(self, name: str, /, *, today: date | str | None = None, **parameters: object) -> pd.DataFrame:
        """Tell how a search finds its rows; `name`, `today` and parameters as in `search`, which it raises like.

        Returns
        -------
        DataFrame
            One row a condition: ``parameter``, ``condition`` (a sentence), ``sql`` (missing where the ledger answers),
            ``alone`` (rows that meet it, whatever the others), ``left`` (rows that meet it and all before it). The
            first row is the search without conditions, the last one all of them.

        Examples
        --------
        >>> told = practice.explain("appointments", start="tomorrow", state="upcoming")
        >>> told["parameter"].tolist()
        ['', 'start', 'state', '']
        """
        return self._searching.explain(name, parameters, today=self._day(today))

    def meant_search(self, name: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """Return the store's own search that a name means, with its parameters: what is given before what was saved.

        Raises
        ------
        UnknownName
            When neither a search nor a saved one is called so.
        """
        return self._searching.meant(name, parameters)

    def search_of(
        self, name: str, parameters: Mapping[str, object], *, today: date, patients: Collection[str]
    ) -> pd.DataFrame:
        """Return the rows of a search that are about these patients; columns and errors as of `search`."""
        return self._searching.search(name, parameters, today=today, patients=patients)

    def save_search(self, name: str, search: str | pd.DataFrame, /, **parameters: object) -> SavedSearch:
        """Keep a search under a name for everyone of the practice, journalled; one of the same name is replaced.

        Parameters
        ----------
        name
            What it is called from now on, in `search` and on the screens.
        search
            The name of a search, with its parameters; or all the rows that one found. Relative days stay so.

        Raises
        ------
        UsageError
            When the name or the search cannot be used so; nothing was saved.

        Examples
        --------
        >>> saved = practice.save_search("Demain sans adresse", "appointments", start="tomorrow", with_email="no")
        >>> practice.search("Demain sans adresse", end="tomorrow").attrs["workbench"]["parameters"]
        {'start': 'tomorrow', 'with_email': 'no', 'end': 'tomorrow'}
        """
        return self._searching.save(name, search, parameters)

    def saved_searches(self) -> pd.DataFrame:
        """Return the saved searches, by name.

        Returns
        -------
        DataFrame
            Key ``name``; ``search`` and ``saved_by`` as texts, ``parameters`` a dict, ``saved_at`` a moment of the
            practice's zone.

        Examples
        --------
        >>> practice.saved_searches().columns.tolist()
        ['name', 'search', 'parameters', 'saved_at', 'saved_by']
        """
        return self._searching.saved_frame()

    def rename_search(self, name: str, new: str) -> str:
        """Call a saved search otherwise, journalled; the email type that it proposes stays with it.

        A notebook or a job that asks for it by the name before finds it no more.

        Returns
        -------
        str
            The name as it is kept.

        Raises
        ------
        UnknownName
            When there is none of this name.
        BadValue
            When the new name cannot be used, or another one has it.

        Examples
        --------
        >>> saved = practice.save_search("Demain", "appointments", start="tomorrow", end="tomorrow")
        >>> practice.rename_search("Demain", "Rappels de demain")
        'Rappels de demain'
        >>> practice.forget_search("Rappels de demain")
        """
        return self._searching.rename(name, new)

    def forget_search(self, name: str) -> None:
        """Forget a saved search, journalled; raises ``UnknownName`` when there is none of this name."""
        self._searching.forget(name)

    def freshness(self) -> pd.DataFrame:
        """Return when the data of the patient store came, one row a kind.

        Returns
        -------
        DataFrame
            ``kind`` (of import; ``sample`` for the sample practice, ``store`` for what a store says of itself),
            ``as_of`` a moment of the practice's zone, ``rows`` (``Int64``) and ``by`` of the last import.

        Examples
        --------
        >>> practice.freshness()["kind"].tolist()
        ['sample']
        """
        return self.store.freshness()

    @property
    def last_search(self) -> pd.DataFrame | None:
        """The frame that `search` gave last, as long as somebody holds it; else ``None``."""
        return self._last_search() if self._last_search is not None else None

    def sql(self, question: str, **values: object) -> pd.DataFrame:
        """Ask the patient store a question of one's own, in SQL; only reading is possible.

        The database itself refuses to write. It does not know practices apart: where one store holds several, the
        question sees the rows of all of them, unless it says ``where practice_id = …``.

        Parameters
        ----------
        question
            One ``select``; ``:name`` in it stands for a value, which is never read as SQL.
        **values
            The values, by name.

        Returns
        -------
        DataFrame
            The columns asked for; texts ``string``, numbers ``Int64`` or ``Float64``. Money is in cents, as stored,
            and SQLite gives days and moments as texts.

        Raises
        ------
        ReadOnlyStore
            When it would do anything but read.
        BadValue
            When it is not one question that the database understands.

        Examples
        --------
        >>> found = practice.sql("select count(*) as n from appointments where state = :state", state="missed")
        >>> int(found["n"].iloc[0]) > 0
        True
        """
        return self.store.sql(question, values)
