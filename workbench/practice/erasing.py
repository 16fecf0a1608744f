"""Keep what a practice wants kept of its messages, and no longer; forget a patient who asks for it (F15, F16, F109)."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.domain.accounts import AccountKind
from workbench.domain.identities import Identity
from workbench.domain.keeping import Tidied, reason_given
from workbench.errors import BadValue, UnknownPatient, WorkspaceError
from workbench.language import _
from workbench.practice.attaching import kept_of_the_file

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

SPARED = timedelta(hours=1)
"""A file that was put into its folder so lately is left there: a mailing that is being written may want it."""

_CAUGHT = "caught"
_RUNS = "runs"
_HEAD = 65_536
"""Bytes of a letter in which its Message-ID is looked for."""

_SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedPatient:
    """What was taken away with a patient, in numbers, and what is left for a person to look at.

    `deliveries` messages were forgotten, `cancelled` of which waited, and `drafts` that told of the patient; `files`
    attachments and `caught` test letters are gone. `copies` are the ledger's daily copies of before, which still hold
    it all (``copies=True`` takes them away). `left` names files of the workspace in which the patient's name or address
    still stands, `searches` and `jobs` the saved searches and the titles of jobs that may ask for the patient: they
    stay as they are, since somebody uses them. `compact` tells that the ledger's file was written anew; when not,
    another program was using it.
    """

    patient_id: str
    deliveries: int = 0
    cancelled: int = 0
    drafts: int = 0
    files: int = 0
    caught: int = 0
    copies: int = 0
    left: tuple[Path, ...] = field(default=(), repr=False)
    searches: tuple[str, ...] = field(default=(), repr=False)
    jobs: tuple[str, ...] = field(default=(), repr=False)
    compact: bool = True


def tidy(practice: Practice) -> Tidied:
    """Take away what is not to be kept of messages that left.

    A file is only taken away some time after it was put there: a later call does what this one spares.
    """
    contents = practice.ledger.keeping.tidy(now=practice.now())
    return Tidied(contents=contents, files=let_go(practice, practice.ledger.keeping.unneeded_files(), spared=SPARED))


def tidy_after(practice: Practice, mailing_id: int) -> None:
    """Empty at the end of a sending what is not to be kept of it, and once a day do all that `retire` does.

    Whether anything still needs a file takes the whole history to tell, so files go once a day. A trouble with any of
    it is the next one's.
    """
    with contextlib.suppress(WorkspaceError, OSError):
        if practice.tidied_on != practice.today:
            retire(practice, practice.settings.history_days)
            practice.tidied_on = practice.today
        else:
            practice.ledger.keeping.tidy(mailing_id=mailing_id, now=practice.now())


def retire(practice: Practice, days: int) -> Tidied:
    """Empty what is older than so many days (0: nothing is too old), and tidy the rest; see ``Practice.retain``."""
    if days < 0:
        raise BadValue(_("The days for which messages are kept are a number, 0 for ever."))
    done = Tidied() if practice.ledger.keeping.keeps_everything() else tidy(practice)
    if not days:
        return done
    now = practice.now()
    old = practice.ledger.keeping.retire(before=now - timedelta(days=days), by=practice.user, now=now)
    files = let_go(practice, practice.ledger.keeping.unneeded_files(), spared=SPARED) if old else 0
    return Tidied(contents=done.contents + old, files=done.files + files)


def let_go(practice: Practice, kept: Collection[str], *, spared: timedelta) -> int:
    """Take kept files away, but for those that were put there lately; returns how many."""
    latest = time.time() - spared.total_seconds()
    count = 0
    for name in sorted(kept):
        file = practice.path / "attachments" / name
        if not file.is_file() or file.is_symlink() or (spared and file.stat().st_mtime > latest):
            continue
        file.unlink()
        count += 1
        if not any(file.parent.iterdir()):
            file.parent.rmdir()
    return count


def erase(practice: Practice, patient_id: str, *, reason: str, copies: bool = False) -> ErasedPatient:
    """Forget a patient's mail; see ``Practice.erase_patient``."""
    patient = identity_of(practice, patient_id)
    forgotten = practice.ledger.keeping.forget(
        patient, reason=reason_given(reason), by=practice.user, now=practice.now()
    )
    practice.changes += 1
    # A message that was looked at and never left has files, too.
    files = practice.ledger.keeping.unneeded_files(forgotten.numbers, also=kept_of_the_file(practice, patient_id))
    folder = practice.path / "copies"
    kept = sorted(folder.glob("*.sqlite")) if folder.is_dir() else []
    if copies and kept:
        shutil.rmtree(folder)  # the first to write tomorrow makes one anew
        kept = []
    return ErasedPatient(
        patient_id=patient_id,
        deliveries=forgotten.deliveries,
        cancelled=forgotten.cancelled,
        drafts=forgotten.drafts,
        files=let_go(practice, files, spared=timedelta(0)),
        caught=_without_letters(practice, forgotten.proofs),
        copies=len(kept),
        left=tuple(_still_naming(practice, patient.words)),
        searches=tuple(
            name
            for name, saved in practice.ledger.saved_searches.all().items()
            if _asks_for(patient, name, saved.parameters)
        ),
        jobs=tuple(
            job.title for job in practice.ledger.jobs.all().values() if _asks_for(patient, job.title, job.parameters)
        ),
        compact=forgotten.compact,
    )


def identity_of(practice: Practice, patient_id: str) -> Identity:
    """Return by what a patient can be told, as the file has it; of one whom the store does not know, the number."""
    try:
        file = practice.patients.show(patient_id)
    except UnknownPatient:
        return Identity(patient_id=patient_id)
    first = str(file.get("first_name") or "")
    return Identity(
        patient_id=patient_id,
        names=frozenset((first, str(file[name])) for name in ("last_name", "birth_name") if file.get(name)),
        addresses=frozenset(str(file[name]) for name in ("email",) if file.get(name)),
        phones=frozenset(str(file[name]) for name in ("mobile", "phone") if file.get(name)),
    )


def _without_letters(practice: Practice, proofs: Sequence[str]) -> int:
    """Take the letters with these Message-IDs out of the test mailbox and of the folders that accounts write to."""
    wanted = [proof.encode() for proof in proofs]
    count = 0
    for file in _letters(practice) if wanted else ():
        try:
            with file.open("rb") as letter:
                head = letter.read(_HEAD)
            if any(proof in head for proof in wanted):
                file.unlink()
                count += 1
        except OSError:  # taken away meanwhile
            continue
    return count


def _letters(practice: Practice) -> Iterator[Path]:
    folders = {practice.path / _CAUGHT}
    for account in practice.accounts.values():
        if account.kind is AccountKind.FOLDER:
            folders.add(practice.path / (account.folder or "outgoing"))
    for folder in sorted(folders):
        yield from sorted(folder.glob("*.eml"))


def _asks_for(patient: Identity, name: str, parameters: Mapping[str, str]) -> bool:
    asked = (patient.is_asked_in(value, parameter=one) for one, value in parameters.items())
    return patient.is_told_in(name) or any(asked)


def _still_naming(practice: Practice, words: Collection[str]) -> Iterator[Path]:
    """Give the files that people made of results or of runs, in which an address or a whole name still stands."""
    telling = [word.encode() for word in words if "@" in word]
    names = [word for word in words if "@" not in word and len(word) >= _SHORTEST_WORD]
    folders = [practice.path / name for name in (_RUNS, "notebooks")]
    for file in (one for folder in folders for one in sorted(folder.rglob("*")) if one.is_file()):
        try:
            content = file.read_bytes()
        except OSError:
            continue
        plain = content.decode("utf-8", "replace").casefold()
        if any(word in content for word in telling) or sum(name.casefold() in plain for name in names) > 1:
            yield file
