"""Measure how long the merged values of 100,000 recipients take: reading the store, then computing the columns.

``python tests/benchmarks/measure_fields.py [RECIPIENTS] [--rounds N]``: a SQLite store as `measure_columns` fills it,
one message an appointment, 30 fields of a practice's letters and then every field of the catalogue. Processor time is
told, since it does not depend on who else is at work. Target: the columns of 30 fields within 40 µs a recipient.

Then ten fields of the practice's own (seven about patients, three about colleagues) beside the same email type without
them: the columns, and the whole merge from the store to each message written, in processor time of this program and the
one that renders. Target: ten own fields cost no more than ten of the workbench's.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import pandas as pd  # noqa: E402

from tests.benchmarks.measure_columns import TODAY, fill  # noqa: E402
from workbench.domain.accounts import Account  # noqa: E402
from workbench.domain.custom_fields import GRIDS, CustomField, CustomKind, new_grid, placed  # noqa: E402
from workbench.domain.fields import Catalogue  # noqa: E402
from workbench.domain.templates import Template  # noqa: E402
from workbench.merging.catalogue import builtin_catalogue  # noqa: E402
from workbench.merging.frames import fields_frame, load_sources, needed_columns  # noqa: E402
from workbench.merging.preflight import preflight  # noqa: E402
from workbench.merging.recipients import Recipients, recipient_frame  # noqa: E402
from workbench.patients.store import SqlPatientStore, open_store  # noqa: E402
from workbench.practice.letters import LetterPress  # noqa: E402
from workbench.rendering.pool import RenderingPool  # noqa: E402

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
THIRTY = [
    "PNOM", "PPRENOM", "PCIVIL", "PTITRE", "PAGE", "PDOSSIER", "PADR", "PMOBILE", "PDE", "PACCORD", "DAPPEL", "DNOM",
    "DPRENOM", "DLIEN", "DACCORD", "PRTITRE", "CABNOM", "CABTEL", "RDVDATE", "RDVHEURE", "RDVDUREE", "RDVPROCH",
    "RDVDERN", "HONNUM", "HONRESTE", "HONECH", "REGSOLDE", "REGDERN", "RAPDATE", "DATEL",
]  # fmt: skip

PLAIN = ["PNOM", "PPRENOM", "PTITRE", "RDVDATE", "RDVHEURE", "PRTITRE", "CABNOM", "CABTEL"]
"""What the plain email type says."""

TEN = ["PDOSSIER", "PAGE", "PADR", "PMOBILE", "PDE", "PACCORD", "PCIVIL", "CAPPEL", "CPOLITESSE", "CFORME"]
"""Ten of the workbench's, about the same people as the practice's own."""


def own_fields() -> list[CustomField]:
    """Return seven grids about patients and three about colleagues, each text another."""
    made: list[CustomField] = []
    for number in range(10):
        kind = CustomKind.PATIENT if number < 7 else CustomKind.CORRESPONDENT
        texts = {column: f"{column} {number}" for column in GRIDS[kind]}
        made.append(placed(new_grid(kind, texts), code="", known=made, builtin=()))
    return made


def vary(store: SqlPatientStore) -> None:
    """Have patients of every sex, and colleagues who are friends of some."""
    with store.engine.begin() as connection:
        sexes = "CASE {number} % 20 WHEN 0 THEN 'U' ELSE substr('FM', 1 + {number} % 2, 1) END"
        connection.exec_driver_sql("UPDATE patients SET sex = " + sexes.format(number=_number("patient_id")))
        connection.exec_driver_sql(
            f"UPDATE correspondents SET sex = substr('FM', 1 + {_number('correspondent_id')} % 2, 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO correspondent_relations (practice_id, correspondent_id, practitioner_id, relation, form) "
            "SELECT practice_id, correspondent_id, 'pra0000000', 'friend', 'tu' FROM correspondents "
            f"WHERE {_number('correspondent_id')} % 3 = 0"
        )


def _number(key: str) -> str:
    return f"CAST(substr({key}, -7) AS INTEGER)"


def recipients_of(store: SqlPatientStore, many: int) -> Recipients:
    """Make one recipient an appointment, as a search over two years would."""
    with store.engine.connect() as connection:
        rows = pd.read_sql("select appointment_id, patient_id, practitioner_id from appointments", connection)
    rows = rows.head(many)
    made = [
        {
            "recipient_id": f"r{place}", "addressee_key": f"patient:{patient}", "patient_id": patient,
            "appointment_id": appointment, "invoice_id": "", "practitioner_id": practitioner,
            "subjects": [f"appointment:{appointment}@2026-11-24T08:40"], "appointments": [appointment],
            "role": "patient", "channel": "email", "address": f"p{place}@exemple.example", "language": "fr",
            "recipient": f"Zoé {place}", "reason": "", "addressee_civility": "Mme", "addressee_sex": "F",
            "addressee_last_name": f"LEFÈVRE-{place}", "addressee_first_name": "Zoé", "addressee_relation": "",
        }
        for place, (appointment, patient, practitioner) in enumerate(rows.itertuples(index=False))
    ]  # fmt: skip
    subjects = pd.DataFrame({"subject_key": "appointment:" + rows["appointment_id"]})
    return Recipients(frame=recipient_frame(made), subjects=subjects)


def per_recipient(act: Callable[[], object], rounds: int, many: int) -> str:
    """Return the median and the range of some rounds, in µs of the processor a recipient."""
    taken = []
    for _round in range(rounds):
        begun = time.process_time()
        act()
        taken.append((time.process_time() - begun) * 1e6 / many)
    return f"{statistics.median(taken):6.1f} µs  ({min(taken):.1f} to {max(taken):.1f})"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipients", nargs="?", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(arguments)
    catalogue = builtin_catalogue()
    with tempfile.TemporaryDirectory(prefix="wb-fields-") as home:
        store = open_store(f"sqlite:///{home}/patients.sqlite", practice_id="practice", create=True)
        fill(store, asked.recipients)
        found = recipients_of(store, asked.recipients)
        for name, codes in (("30 fields", THIRTY), (f"all {len(catalogue)} fields", list(catalogue))):
            needed = needed_columns(codes, catalogue)
            read = partial(store.columns, today=TODAY)

            def load(
                needed: dict[str, set[str]] = needed, read: partial[pd.DataFrame] = read
            ) -> dict[str, pd.DataFrame]:
                return load_sources(needed, found, columns=read, relations=store.relations, now=NOW, zone=ZONE)

            sources = load()

            def compute(codes: list[str] = codes, sources: dict[str, pd.DataFrame] = sources) -> None:
                frame = fields_frame(found, codes, catalogue, sources, now=NOW, zone=ZONE, user="Claire")
                assert frame.shape == (len(found.frame), len(codes))

            print(f"{name:14} columns   {per_recipient(compute, asked.rounds, asked.recipients)}")
            print(f"{name:14} the store {per_recipient(load, asked.rounds, asked.recipients)}")
        vary(store)
        for name, codes in (("plain", []), ("ten built in", TEN), ("ten own", [one.code for one in own_fields()])):
            measure_merge(name, [*PLAIN, *codes], store, found, asked.rounds)
        store.close()


def measure_merge(name: str, codes: list[str], store: SqlPatientStore, found: Recipients, rounds: int) -> None:
    """Tell what the columns and the whole merge of one email type take, as a mailing merges it."""
    many = len(found.frame)
    catalogue = Catalogue([*builtin_catalogue().values(), *(one.in_catalogue() for one in own_fields())])
    needed = needed_columns(codes, catalogue)
    read = partial(store.columns, today=TODAY)

    def load() -> dict[str, pd.DataFrame]:
        return load_sources(needed, found, columns=read, relations=store.relations, now=NOW, zone=ZONE)

    def compute(sources: dict[str, pd.DataFrame]) -> pd.DataFrame:
        return fields_frame(found, codes, catalogue, sources, now=NOW, zone=ZONE, user="Claire")

    sources = load()
    print(f"{name:14} columns   {per_recipient(lambda: compute(sources), rounds, many)}")
    paragraphs = "".join(f"<p>Texte du cabinet, @{code}, et la suite de la phrase.</p>" for code in codes)
    template = Template(label="x", subject="Votre rendez-vous @RDVDATE", html=paragraphs)
    taken, waited = [], []
    for _round in range(max(1, rounds // 2)):
        pool = RenderingPool()
        began, spent = time.perf_counter(), _processors()
        press = LetterPress(template, Account(name="a", email="a@exemple.example"), catalogue=catalogue, rendering=pool)
        fields = compute(load())
        checked = preflight(found, fields, press.compiled, mime=press.mime, now=NOW, merge_all=press.renderer.merge_all)
        waited.append((time.perf_counter() - began) * 1e6 / many)
        assert not checked.reasons.any()
        pool.close()  # what a process took is known once it has ended
        taken.append((_processors() - spent) * 1e6 / many)
    print(f"{name:14} the merge {statistics.median(taken):6.1f} µs  ({statistics.median(waited):.1f} by the clock)")


def _processors() -> float:
    """Return what this program and those that it began and that ended have taken of the processors."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    main(sys.argv[1:])
