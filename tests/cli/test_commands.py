from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from workbench.cli.commands import Commands
from workbench.errors import UsageError
from workbench.language import use_language


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@pytest.fixture
def app() -> Commands:
    app = Commands(no_args_is_help=True)

    @app.command("send")
    def send(file: str, count: Annotated[int, typer.Option("--count", min=1)], dry: bool = False) -> None:
        print(file, count, dry)

    @app.command("list")
    def list_all() -> None:
        print("all")

    @app.command("pick")
    def pick(colour: Colour, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
        print(colour, file)

    return app


def told(app: Commands, *words: str) -> str:
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, UsageError), done.output
    return done.exception.sentence.replace("\N{NO-BREAK SPACE}", " ")


def test_a_command_runs_as_any_other(app):
    assert CliRunner().invoke(app, ["send", "a.csv", "--count", "2"]).stdout == "a.csv 2 False\n"


@pytest.mark.parametrize(
    ("language", "panel", "help_text"), [("fr", "Commandes", "Afficher"), ("en", "Commands", "Show")]
)
def test_the_help_has_its_labels_in_the_readers_language(app, language, panel, help_text):
    use_language(language)
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert panel in shown
    assert help_text in shown


def test_what_is_missing_is_named_with_where_to_find_help(app):
    assert told(app, "send", "a.csv").startswith("--count is missing.")
    assert told(app, "send", "--count", "1").startswith("FILE is missing.")
    assert told(app, "send", "a.csv").endswith("send --help")


def test_a_value_that_does_not_fit_is_named(app):
    assert told(app, "send", "a.csv", "--count", "none").startswith("--count: ")
    assert told(app, "send", "a.csv", "--count", "0").startswith("--count: ")


def test_an_unknown_command_suggests_the_nearest_one(app):
    assert "« send »" in told(app, "sned")
    assert "Did you mean" not in told(app, "zzz")


def test_an_unknown_option_is_named_with_the_nearest_one(app):
    assert "« --countt »" in told(app, "send", "--countt")
    assert "Did you mean « --count »" in told(app, "send", "--countt")
    assert "Did you mean" not in told(app, "send", "--zzz")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "--foo"), "Il n’y a pas d’option « --foo »"),
        (("send", "a.csv", "--count"), "Il manque une valeur après --count"),
        (("send", "a.csv", "--count", "1", "--dry=2"), "--dry ne prend pas de valeur"),
        (("send", "a.csv", "b.csv", "--count", "1"), "« b.csv » est de trop"),
        (("send", "a.csv", "--count", "none"), "un nombre entier est attendu"),
        (("send", "a.csv", "--count", "0"), "au moins 1"),
        (("pick", "red", "/nowhere"), "ce fichier n’existe pas"),
        (("pick", "blue", __file__), "une de ces valeurs : 'red', 'green'"),
        (("pick", "red", "/"), "c’est un dossier"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_in_the_readers_language(app, words, said):
    use_language("fr")
    assert said in told(app, *words)


def test_how_a_command_is_used_is_said_in_the_readers_language(app):
    use_language("fr")
    assert "Emploi\N{NO-BREAK SPACE}: " in CliRunner().invoke(app, ["send", "--help"]).stdout
    assert "COMMANDE [ARGUMENTS]" in CliRunner().invoke(app, ["--help"]).stdout
