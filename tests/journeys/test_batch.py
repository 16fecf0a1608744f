"""A mailing becomes a notebook, and whatever tool executes it, from wherever: each patient once, and no name kept."""

from __future__ import annotations

import json
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path
from subprocess import CompletedProcess

import nbformat
import psutil
import pytest

import workbench as wb
from tests.journeys.running import environment, last_json, run_workbench, start_workbench
from workbench.domain.runs import RunStatus
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
SECRET = "planted-7781-secret"


def exported(sample: Path, folder: Path) -> tuple[Practice, Path]:
    """A copy of a sample practice, and its reminders for tomorrow as a notebook."""
    home_of(folder).mkdir()  # its own: in one home the copies would be taken for one practice that was copied
    practice = wb.open(shutil.copytree(sample, folder))
    found = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    return practice, practice.mailing(found, REMINDER).to_notebook("notebooks/scheduled/rappel.ipynb")


def home_of(folder: Path) -> Path:
    """The home of who works with one practice."""
    return folder.with_name(f"{folder.name}-home")


def written(file: Path, *cells: str, parameters: str = "") -> Path:
    """A notebook that somebody wrote by hand."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    if parameters:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    nbformat.write(notebook, file)
    return file


def caught(practice: Practice) -> Counter[str]:
    """How many letters reached each address."""
    letters = (
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (practice.path / "caught").rglob("*.eml")
    )
    return Counter(letter["To"].addresses[0].addr_spec for letter in letters)


def assert_each_got_one(practice: Practice) -> None:
    """What arrived is exactly what the ledger calls sent; a parent of two children has two rows, and two letters."""
    rows = practice.results(identities=True)
    sent = rows[rows["status"] == "sent"]
    assert len(sent) >= 20
    assert sent["recipient_id"].is_unique
    assert caught(practice) == Counter(sent["address"])


def assert_private(file: Path, practice: Practice) -> None:
    """Nobody's name or address, and no secret, stands in what the run wrote."""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = practice.results(identities=True)
    people = [str(value) for name in ("recipient", "address") for value in rows[name] if value]
    assert len(people) > 60
    text = file.read_text(encoding="utf-8")
    assert [one for one in [*people, SECRET] if one in text] == []


def by(*words: object, home: Path, cwd: Path, **more: str) -> CompletedProcess[str]:
    """Run one of Jupyter's own tools as a person does, in a clean environment."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)], env=environment(home, **more), cwd=cwd, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty home, and another one where nothing is."""
    folder = tmp_path_factory.mktemp("batch")
    (folder / "home").mkdir()
    (folder / "elsewhere").mkdir()
    return folder


@pytest.fixture(scope="module")
def reminders(place: Path, sample_made_once: Path) -> tuple[Practice, Path]:
    return exported(sample_made_once, place / "cabinet")


@pytest.fixture(scope="module")
def first_run(place: Path, reminders: tuple[Practice, Path]) -> CompletedProcess[str]:
    """The notebook's first run, by our command, with a copy and a report of its own."""
    practice, notebook = reminders
    file = place / "params.yaml"
    file.write_text("end: J+1\ndry_run: oui\n", encoding="utf-8")
    return run_workbench(
        "run", notebook, place / "out" / "copy.ipynb", "-f", file, "-y", "{start: tomorrow}", "-p", "dry_run", "no",
        "--json", "--report", place / "out" / "report.html", workspace=practice.path, home=home_of(practice.path),
        cwd=place / "elsewhere",
    )  # fmt: skip


def test_the_run_sends_each_letter_once_and_tells_the_truth(first_run, reminders):
    practice, _notebook = reminders
    assert first_run.returncode == 0, first_run.stderr
    assert_each_got_one(practice)
    told = last_json(first_run)
    assert told == {
        "mailing": 1, "sent": caught(practice).total(), "failed": 0, "in_doubt": 0, "skipped": told["skipped"],
        "pending": 0,
    }  # fmt: skip
    assert "Warning" not in first_run.stderr


def test_the_ledger_knows_the_run_and_what_it_queued(first_run, reminders):
    practice, notebook = reminders
    [run] = practice.runs()
    assert first_run.returncode == 0
    assert (run.notebook, run.status, run.mailings) == (notebook.name, RunStatus.DONE, (1,))
    assert run.parameters == {"start": "tomorrow", "end": "J+1", "dry_run": False}
    assert set(practice.results(1)["run_id"]) == {run.id}


def test_the_copy_and_the_report_hold_numbers_and_nobody(first_run, reminders, place):
    practice, _notebook = reminders
    copy, report = place / "out" / "copy.ipynb", place / "out" / "report.html"
    for file in (copy, report):
        assert_private(file, practice)
        assert "✓ Sent" in file.read_text(encoding="utf-8")
    node = nbformat.read(copy, as_version=4)
    nbformat.validate(node)
    assert set(node.metadata) == {"kernelspec", "language_info", "workbench"}
    assert node.metadata["workbench"]["outputs_not_kept"] == 0
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    text = report.read_text(encoding="utf-8")
    for outside in ("<script", "src=", "cdnjs", "unpkg", "@import"):
        assert outside not in text
    assert "default-src 'none'" in text
    assert first_run.returncode == 0


def test_papermill_from_elsewhere_sends_nothing_twice(first_run, reminders, place):
    practice, notebook = reminders
    assert first_run.returncode == 0
    done = by("papermill", notebook, place / "papermill.ipynb", "-p", "end", "J+1", home=home_of(practice.path),
              cwd=place / "elsewhere")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_each_got_one(practice)
    assert len(practice.runs()) == 1


def test_jupyter_and_nbconvert_send_it_too_once_in_all(place, sample_made_once):
    practice, notebook = exported(sample_made_once, place / "second")
    done = by("jupyter", "execute", notebook, "--output", place / "second.ipynb", home=home_of(practice.path),
              cwd=place / "elsewhere")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_each_got_one(practice)
    done = by("nbconvert", "--to", "notebook", "--execute", notebook, "--output-dir", place, "--output", "third",
              home=home_of(practice.path), cwd=place / "elsewhere")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_each_got_one(practice)
    assert practice.runs() == []
    practice.close()


def test_papermill_alone_sends_it(place, sample_made_once):
    practice, notebook = exported(sample_made_once, place / "fourth")
    done = by("papermill", notebook, place / "fourth.ipynb", home=home_of(practice.path), cwd=place / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert_each_got_one(practice)
    practice.close()


def test_a_cell_that_fails_tells_its_class_and_nothing_of_a_patient(reminders, place, first_run):
    practice, _notebook = reminders
    assert first_run.returncode == 0
    notebook = written(
        place / "failing.ipynb",
        "import workbench as wb\npractice = wb.open()\nrows = practice.results(1, identities=True)\nrows",
        f"print(rows['address'].tolist(), {SECRET[:4]!r} + {SECRET[4:]!r})",
        "import ipywidgets; ipywidgets.Text(value=rows['recipient'][0])",
        "raise ValueError(f'no {rows.recipient[0]} {rows.address[0]}')",
        "print('never reached')",
    )
    done = run_workbench("run", notebook, "--json", workspace=practice.path, home=home_of(practice.path))
    assert done.returncode == 1
    assert last_json(done) == {"mailing": None, "sent": 0, "failed": 0, "in_doubt": 0, "skipped": 0, "pending": 0}
    assert "stopped before its end: ValueError" in done.stderr
    run = practice.runs()[0]
    assert (run.status, run.error) == (RunStatus.FAILED, "ValueError")
    [copy] = (practice.path / "runs").glob("failing-*.ipynb")
    assert_private(copy, practice)
    assert "3 outputs are not in the executed copy" in done.stderr
    for name in practice.results(1, identities=True)["recipient"]:
        assert name not in done.stdout + done.stderr


def test_an_interrupted_run_finishes_what_is_in_flight_and_goes_on_later(place, sample_made_once, start_sink):
    practice, notebook = exported(sample_made_once, place / "fifth")
    sink = start_sink(delay=0.15)
    practice.accounts.set(
        "local", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none", connections=2
    )
    home = home_of(practice.path)
    words = ("run", notebook, place / "fifth.ipynb", "-p", "account", "local", "--json")
    with start_workbench(*words, workspace=practice.path, home=home) as running:
        sink.wait_for(4, seconds=120)
        kernels = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=120)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    told = json.loads(out.splitlines()[-1])
    assert told["in_doubt"] == 0
    assert 4 <= told["sent"] == sink.count() < told["sent"] + told["pending"]
    assert practice.runs()[0].status is RunStatus.INTERRUPTED
    assert (place / "fifth.ipynb").exists()
    _gone, alive = psutil.wait_procs(kernels, timeout=10)  # the rendering processes end when their kernel has
    assert not alive

    done = run_workbench(*words, workspace=practice.path, home=home)
    assert done.returncode == 0, done.stderr
    rows = practice.results(identities=True)
    assert sink.addresses() == Counter(rows["address"][rows["status"] == "sent"])
    assert last_json(done)["sent"] == sink.count()
    practice.close()


def test_a_killed_run_leaves_no_process_behind_and_is_told(place):
    practice = wb.init(place / "sixth")
    begun = place / "begun"
    notebook = written(place / "long.ipynb", f"import time\nopen({str(begun)!r}, 'x').close()\ntime.sleep(600)")
    with start_workbench("run", notebook, workspace=practice.path, home=place / "home") as running:
        deadline = time.monotonic() + 60
        while not begun.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        kernels = psutil.Process(running.pid).children(recursive=True)
        assert kernels
        assert practice.runs()
        running.kill()
        running.communicate(timeout=30)
    psutil.wait_procs(kernels, timeout=20)
    assert not any(kernel.is_running() for kernel in kernels)
    assert practice.runs()[0].status is RunStatus.INTERRUPTED
    practice.close()


def test_a_grid_runs_every_combination_and_gives_one_frame(place, reminders):
    practice, notebook = reminders
    grid = place / "grid.yaml"
    grid.write_text("start: [J+2, 32/13]\n", encoding="utf-8")
    output = place / "grid.csv"
    done = run_workbench(
        "run", notebook, "-p", "end", "J+3", "-p", "dry_run", "no", "--grid", grid, "--output", output, "--json",
        workspace=practice.path, home=home_of(practice.path),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "2 runs, 1 of them failed" in done.stderr
    good = next(run for run in practice.runs() if run.status is RunStatus.DONE and run.parameters["start"] == "J+2")
    rows = output.read_text(encoding="utf-8").splitlines()
    assert rows[0].endswith(",sent_by,start")
    assert len(rows) - 1 == len(practice.results(good.mailings[0])) > 10
    assert all(f",{good.id}," in row and row.endswith(",J+2") for row in rows[1:])
    assert last_json(done)["mailing"] == good.mailings[0]
