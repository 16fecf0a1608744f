"""The sample practice in a real store: full tomorrow, hard cases included, dated anew without losing anything."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.addresses import address_problem
from workbench.databases import writing
from workbench.errors import DatabaseRefused
from workbench.patients.sample import fill_sample_practice, redate_sample, sample_day
from workbench.patients.sample.data import sample_folder
from workbench.patients.schema import metadata
from workbench.patients.store import SqlPatientStore, open_store

PRACTICE = "tilleuls"
TODAY = date(2026, 11, 22)  # a Sunday

DATED = (
    "appointments", "closed_days", "contacts", "instalments", "invoices", "leaves", "media", "papers",
    "patient_insurances", "payments", "prescriptions", "prior_agreements", "procedures", "quotes", "recalls",
    "treatment_plans",
)  # fmt: skip

FICTION = re.compile(r"0(?:1 99 00|2 61 91|3 53 01|4 65 71|5 36 49|6 39 98) \d\d \d\d")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stores made once, to be copied: an empty one, and one filled with the sample of TODAY."""
    folder = tmp_path_factory.mktemp("sample")
    for name in ("empty", "filled"):
        made = open_store(f"sqlite:///{folder / name}", practice_id=PRACTICE, create=True)
        if name == "filled":
            fill_sample_practice(made.engine, practice_id=PRACTICE, today=TODAY)
        made.close()
    return folder


@pytest.fixture
def new_store(files: Path, tmp_path: Path) -> Iterator[Callable[..., SqlPatientStore]]:
    opened: list[SqlPatientStore] = []

    def make(like: str = "empty") -> SqlPatientStore:
        copy = shutil.copy(files / like, tmp_path / f"store{len(opened)}.db")
        opened.append(open_store(f"sqlite:///{copy}", practice_id=PRACTICE, create=False))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(new_store: Callable[..., SqlPatientStore]) -> SqlPatientStore:
    return new_store("filled")


def rows(store: SqlPatientStore, table: str) -> list[dict[str, Any]]:
    read = sa.select(metadata.tables[table])
    with store.engine.connect() as connection:
        return sorted((dict(row) for row in connection.execute(read).mappings()), key=str)


def whole(store: SqlPatientStore) -> dict[str, list[dict[str, Any]]]:
    return {name: rows(store, name) for name in metadata.tables}


def tomorrow(store: SqlPatientStore, today: date = TODAY, **more: str) -> Any:
    return store.search(
        "appointments", {"start": "tomorrow", "end": "tomorrow", "state": "upcoming", **more}, today=today
    )


def test_the_same_day_gives_the_same_rows(new_store: Callable[..., SqlPatientStore]) -> None:
    stores = new_store(), new_store()
    for one in stores:
        fill_sample_practice(one.engine, practice_id=PRACTICE, today=TODAY)
    assert whole(stores[0]) == whole(stores[1])


def test_another_practice_in_the_same_store_is_not_touched(store: SqlPatientStore) -> None:
    url = str(store.engine.url)
    other = open_store(url, practice_id="other", create=True)
    fill_sample_practice(other.engine, practice_id="other", today=TODAY)
    before = [row for row in rows(store, "appointments") if row["practice_id"] == PRACTICE]
    assert redate_sample(other.engine, practice_id="other", today=TODAY + timedelta(days=3))
    other.close()
    after = rows(store, "appointments")
    assert [row for row in after if row["practice_id"] == PRACTICE] == before
    assert len(after) == 2 * len(before)


def test_patients_of_a_real_practice_are_never_mixed_with_the_sample(new_store: Callable[..., SqlPatientStore]) -> None:
    store = new_store()
    with writing(store.engine) as connection:
        patients = metadata.tables["patients"]
        connection.execute(sa.insert(patients).values(practice_id=PRACTICE, patient_id="1", last_name="Somebody"))
    with pytest.raises(DatabaseRefused):
        fill_sample_practice(store.engine, practice_id=PRACTICE, today=TODAY)
    assert len(rows(store, "patients")) == 1


def test_tomorrow_has_fifty_upcoming_appointments_and_three_declined_ones(store: SqlPatientStore) -> None:
    frame = store.search("appointments", {"start": "tomorrow", "end": "tomorrow"}, today=TODAY)
    assert (frame["state"] == "upcoming").sum() == 50
    assert len(frame) == 53


def test_the_guide_s_own_list_can_be_found(store: SqlPatientStore) -> None:
    frame = tomorrow(store, practitioner="MM", chair="F1", nature="NP")
    assert list(frame["patient_id"]) == ["2228", "2574", "1029"]
    assert list(frame["time"]) == ["08:20", "09:40", "10:40"]
    assert list(frame["email"].isna()) == [True, False, True]


def test_every_hard_case_is_on_tomorrow_s_list(store: SqlPatientStore) -> None:
    frame = tomorrow(store)
    ids = list(dict.fromkeys(frame["patient_id"]))
    people = store.people(ids)
    guardians = store.relations(ids, "guardian").groupby("patient_id")["person_key"].apply(list).to_dict()
    problems = people["email"].map(lambda value: address_problem(value) if isinstance(value, str) else "no_address")

    assert (problems == "no_address").sum() >= 3
    assert set(problems[problems == "invalid_address"].index) == {"2103", "2104"}
    assert people["email"].dropna().duplicated().sum() == 1  # a couple
    assert guardians["1893"] == ["R1893"]
    assert guardians["2201"] == ["R2201", "R2202"]
    assert guardians["2711"] == guardians["2712"]  # siblings
    assert "2203" not in guardians
    mornings = frame.set_index("patient_id")["time"]
    assert mornings["2711"] == mornings["2712"] == "11:00"
    assert (frame["patient_id"] == "2301").sum() == 2
    assert list(people.index[people["deceased"]]) == ["2304"]
    assert list(people.index[people["archived"]]) == ["2305"]
    assert {"2306", "2207"} <= set(people.index[people["sex"] == "U"])
    assert people.loc["2403", "last_name"] == "NULL"
    assert max(people["last_name"].str.len()) > 60
    assert min(people["last_name"].str.len()) == 2
    hostile = ("=?utf-8?b?", "{{7*7}}", "<script>", "=HYPERLINK(", "@PPRENOM", "%s%n", 'DUPONT "Titi", ')
    for start in hostile:
        assert people["last_name"].str.startswith(start).sum() == 1


def test_the_guardians_lack_what_they_should_lack(store: SqlPatientStore) -> None:
    frame = store.relations(["2202", "2204", "2205", "2206"], "guardian")
    emails = frame.groupby("patient_id")["email"].apply(list).to_dict()
    assert not isinstance(emails["2202"][0], str)
    assert not isinstance(emails["2204"][0], str)
    assert address_problem(emails["2204"][1]) == ""
    assert address_problem(emails["2205"][0]) == "invalid_address"
    assert emails["2206"][0] == emails["2206"][1]


def test_those_who_object_are_known_with_their_reason(store: SqlPatientStore) -> None:
    frame = store.objections()
    mine = frame[frame["channel"] == "email"].set_index("patient_id")["reason"]
    assert mine["2302"] == "opted_out"
    assert mine["2303"] == "no_consent"


def test_one_patient_comes_of_age_on_the_day_of_the_appointment(store: SqlPatientStore) -> None:
    born = store.people(["2208"]).loc["2208", "birth_date"]
    assert (born.year, born.month, born.day) == (TODAY.year - 18, TODAY.month, TODAY.day + 1)


@pytest.mark.parametrize("day", [date(2028, 2, 27), date(2028, 2, 28), date(2028, 2, 29), date(2026, 12, 31)])
def test_birth_dates_exist_whatever_the_day(new_store: Callable[..., SqlPatientStore], day: date) -> None:
    store = new_store()
    fill_sample_practice(store.engine, practice_id=PRACTICE, today=day)
    assert len(tomorrow(store, today=day)) == 50
    assert all(row["birth_date"] < day for row in rows(store, "patients"))


def test_yesterday_s_missed_appointments_tell_all_three_stories(store: SqlPatientStore) -> None:
    def missed(**more: str) -> set[str]:
        found = store.search("missed", {"start": "yesterday", "end": "yesterday", **more}, today=TODAY)
        return set(found["patient_id"])

    everyone = missed()
    without_upcoming, without_returned = missed(exclude_upcoming="yes"), missed(exclude_returned="yes")
    assert without_upcoming < everyone
    assert without_returned < everyone
    assert without_upcoming & without_returned


def test_every_state_of_an_appointment_is_there(store: SqlPatientStore) -> None:
    states = {row["state"] for row in rows(store, "appointments")}
    assert states == {"upcoming", "missed", "postponed", "present", "cancelled", "excused"}


def test_somebody_s_appointment_was_moved(store: SqlPatientStore) -> None:
    moved = [row for row in rows(store, "appointments") if row["moved_from"] and row["state"] == "upcoming"]
    assert len(moved) > 3
    assert all(row["moved_from"] != row["starts_at"] for row in moved)


def test_no_address_can_ever_reach_anybody(store: SqlPatientStore) -> None:
    checked = 0
    for table in ("patients", "persons", "correspondents", "practitioners", "practices", "consents"):
        for row in rows(store, table):
            for column in ("email", "mss_email", "address"):
                for domain in re.findall(r"(?:@|\(at\))([^\s;]+)", row.get(column) or ""):
                    assert domain.rpartition(".")[2] in ("example", "test")
                    checked += 1
    assert checked > 200


def test_every_phone_number_is_kept_for_fiction(store: SqlPatientStore) -> None:
    numbers = [
        row[column]
        for table in ("patients", "persons", "correspondents", "practitioners", "practices", "insurers", "sites")
        for row in rows(store, table)
        for column in ("phone", "mobile")
        if row.get(column)
    ]
    numbers += [row["phone"] for row in rows(store, "emergency_lines")]
    assert len(numbers) > 300
    assert [number for number in numbers if not FICTION.fullmatch(number)] == []


def test_money_adds_up(store: SqlPatientStore) -> None:
    invoices = {row["invoice_id"]: row for row in rows(store, "invoices")}
    for payment in rows(store, "payments"):
        invoice = invoices[payment["invoice_id"]]
        assert payment["patient_id"] == invoice["patient_id"]
        assert 0 < payment["amount_cents"] <= invoice["amount_cents"]
        assert payment["paid_on"] >= invoice["dated_on"]
    came = {(row["patient_id"], row["starts_at"].date()) for row in rows(store, "appointments")}
    assert all((row["patient_id"], row["dated_on"]) in came for row in invoices.values())


def test_a_second_opening_on_the_same_day_changes_nothing(store: SqlPatientStore) -> None:
    before = whole(store)
    assert not redate_sample(store.engine, practice_id=PRACTICE, today=TODAY)
    fill_sample_practice(store.engine, practice_id=PRACTICE, today=TODAY)
    assert whole(store) == before


@pytest.mark.parametrize("later", [1, 2, 7, 30, 400, -5])
def test_a_new_day_brings_the_agenda_a_new_sample_would_have(
    store: SqlPatientStore, new_store: Callable[..., SqlPatientStore], later: int
) -> None:
    day = TODAY + timedelta(days=later)
    assert redate_sample(store.engine, practice_id=PRACTICE, today=day)
    fresh = new_store()
    fill_sample_practice(fresh.engine, practice_id=PRACTICE, today=day)
    for table in DATED:
        assert rows(store, table) == rows(fresh, table)
    made_on = [{row["patient_id"]: row["created_on"] for row in rows(one, "patients")} for one in (store, fresh)]
    assert made_on[0] == made_on[1]
    assert sample_day(store.engine, practice_id=PRACTICE) == day
    assert len(tomorrow(store, today=day)) == 50


def test_what_somebody_changed_by_hand_survives_a_new_day(store: SqlPatientStore) -> None:
    store.correct(
        "2228", "email", "alexis.rouvray@courriel.example", by="Claire", now=datetime(2026, 11, 22, tzinfo=UTC)
    )
    appointments, consents = metadata.tables["appointments"], metadata.tables["consents"]
    with writing(store.engine) as connection:
        mine = {"practice_id": PRACTICE, "appointment_id": "MINE", "patient_id": "2228", "state": "upcoming"}
        connection.execute(sa.insert(appointments).values(starts_at=datetime(2026, 11, 25, 9, 0), **mine))
        gone = sa.delete(appointments).where(appointments.c.patient_id == "2712", appointments.c.state == "upcoming")
        assert connection.execute(gone).rowcount
        said = {"practice_id": PRACTICE, "consent_id": "MINE", "patient_id": "2574", "state": "opted_out"}
        connection.execute(sa.insert(consents).values(recorded_at="2026-11-22T10:00:00+00:00", **said))
    untouched = ("persons", "responsibilities", "consents", "corrections")
    before = {table: rows(store, table) for table in untouched}
    patients = [{**row, "created_on": None} for row in rows(store, "patients")]
    assert redate_sample(store.engine, practice_id=PRACTICE, today=TODAY + timedelta(days=1))
    assert {table: rows(store, table) for table in untouched} == before
    assert [{**row, "created_on": None} for row in rows(store, "patients")] == patients
    agenda = {row["appointment_id"]: row for row in rows(store, "appointments")}
    assert agenda["MINE"]["starts_at"] == datetime(2026, 11, 25, 9, 0)
    assert not any(row["patient_id"] == "2712" and row["state"] == "upcoming" for row in agenda.values())
    assert store.people(["2228"]).loc["2228", "email"] == "alexis.rouvray@courriel.example"


def test_a_store_without_the_sample_is_left_alone(new_store: Callable[..., SqlPatientStore]) -> None:
    store = new_store()
    before = whole(store)
    assert not redate_sample(store.engine, practice_id=PRACTICE, today=TODAY)
    assert sample_day(store.engine, practice_id=PRACTICE) is None
    assert whole(store) == before


def test_a_day_the_practice_closed_itself_stays_closed(store: SqlPatientStore) -> None:
    closed = metadata.tables["closed_days"]
    day = TODAY + timedelta(days=1)
    fresh = [row["day"] for row in rows(store, "closed_days")]
    own = [TODAY + timedelta(days=offset) for offset in range(1, 40)]
    own = [day for day in own if day not in fresh]
    with writing(store.engine) as connection:
        values = {"practice_id": PRACTICE, "site_id": "", "reason": "Travaux"}
        connection.execute(sa.insert(closed), [{**values, "day": day} for day in own])
    assert redate_sample(store.engine, practice_id=PRACTICE, today=day)
    reasons = {row["day"]: row["reason"] for row in rows(store, "closed_days")}
    assert {reasons[day] for day in own} == {"Travaux"}


def test_a_closure_that_was_taken_away_does_not_come_back(store: SqlPatientStore) -> None:
    closed = metadata.tables["closed_days"]
    coming = {row["reason"] for row in rows(store, "closed_days") if row["day"] > TODAY}
    assert len(coming) == 2
    with writing(store.engine) as connection:
        connection.execute(sa.delete(closed).where(closed.c.reason == "Fermeture annuelle"))
    assert redate_sample(store.engine, practice_id=PRACTICE, today=TODAY + timedelta(days=9))
    assert {row["reason"] for row in rows(store, "closed_days")} == {"Formation de l’équipe"}


def test_a_postgresql_store_holds_the_same_sample(store: SqlPatientStore, postgres_url: str) -> None:
    other = open_store(postgres_url, practice_id=PRACTICE, create=True)
    fill_sample_practice(other.engine, practice_id=PRACTICE, today=TODAY)
    assert whole(other) == whole(store)
    for one in (store, other):
        assert redate_sample(one.engine, practice_id=PRACTICE, today=TODAY + timedelta(days=8))
    assert whole(other) == whole(store)
    other.close()


def test_the_readme_counts_what_there_is(store: SqlPatientStore) -> None:
    said = re.findall(
        r"^\| (\w+) \| (\d+) \|", (sample_folder() / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(said) > 15
    assert {name: int(count) for name, count in said} == {name: len(rows(store, name)) for name, _count in said}


def test_every_contact_of_the_past_says_that_it_is_simulated(store: SqlPatientStore) -> None:
    contacts = rows(store, "contacts")
    assert {row["source"] for row in contacts} == {"simulated"}
    assert {row["purpose"] for row in contacts} == {"appointment_reminder", "recall", "unpaid"}
    assert all(row["at"][:10] < TODAY.isoformat() for row in contacts)


def test_nobody_was_reminded_of_an_appointment_after_it(store: SqlPatientStore) -> None:
    starts = {row["appointment_id"]: row["starts_at"] for row in rows(store, "appointments")}
    told = [row for row in rows(store, "contacts") if row["purpose"] == "appointment_reminder"]
    assert len(told) > 5000
    assert all(
        row["at"][:10] < min(row["told_start"], starts[row["appointment_id"]]).date().isoformat() for row in told
    )


def test_colleagues_referred_some_of_the_new_patients(store: SqlPatientStore) -> None:
    new = {row["patient_id"] for row in rows(store, "patients") if row["created_on"] > TODAY - timedelta(days=30)}
    ties = rows(store, "patient_correspondents")
    assert 5 <= sum(row["kind"] == "referring" and row["patient_id"] in new for row in ties) < len(new)


def test_what_people_were_told_about_belongs_to_them(store: SqlPatientStore) -> None:
    for table, key in (("appointments", "appointment_id"), ("invoices", "invoice_id"), ("recalls", "recall_id")):
        owner = {row[key]: row["patient_id"] for row in rows(store, table)}
        told = [row for row in rows(store, "contacts") if row[key]]
        assert len(told) > 200
        assert all(owner[row[key]] == row["patient_id"] for row in told)


def test_what_was_done_belongs_to_a_visit_at_which_the_patient_came(store: SqlPatientStore) -> None:
    visits = {row["appointment_id"]: row for row in rows(store, "appointments")}
    for act in rows(store, "procedures"):
        visit = visits[act["appointment_id"]]
        assert (visit["state"], visit["patient_id"]) == ("present", act["patient_id"])
        assert visit["starts_at"].date() == act["done_on"]


def test_an_act_is_done_at_an_age_and_on_teeth_that_it_is_for(store: SqlPatientStore) -> None:
    born = {row["patient_id"]: row["birth_date"] for row in rows(store, "patients")}
    among = {"Scellement de sillons": ({"16", "26", "36", "46"}, 6, 16), "Pose de brackets": (None, 10, 45)}
    braced = []
    for act in rows(store, "procedures"):
        if act["label"] not in among:
            continue
        teeth, youngest, oldest = among[act["label"]]
        day, birth = act["done_on"], born[act["patient_id"]]
        age = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
        assert youngest <= age <= oldest
        written = set(act["teeth"].split(", "))
        assert written <= teeth if teeth else all(tooth[0] in "1234" for tooth in written)
        if act["label"] == "Pose de brackets":
            braced.append(act["patient_id"])
    assert len(braced) == len(set(braced)) > 5


def test_a_recall_was_done_on_a_day_the_patient_came(store: SqlPatientStore) -> None:
    seen: dict[str, set[date]] = {}
    for row in rows(store, "appointments"):
        if row["state"] == "present":
            seen.setdefault(row["patient_id"], set()).add(row["starts_at"].date())
    done = [row for row in rows(store, "recalls") if row["done_on"]]
    assert len(done) > 100
    assert all(row["done_on"] in seen[row["patient_id"]] for row in done)


def test_every_practitioner_s_signature_is_in_the_album(store: SqlPatientStore) -> None:
    paths = {row["media_id"]: row["path"] for row in rows(store, "media")}
    signed = [paths[row["signature_media_id"]] for row in rows(store, "practitioners")]
    assert len(set(signed)) == 6
