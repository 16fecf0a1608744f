"""A person at a real browser, in front of a real JupyterLab on a sample practice of their own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.axe import serious
from tests.browser.jupyter import Lab, asked, jupyterlab

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks for outside is seen by the tests and finds nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, for the tests of one file.

    Playwright keeps an event loop running in this thread; ended with the file, it disturbs no other test.
    """
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        missing = f"no browser on this machine (looked for {', '.join(CHROMIUMS)})"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def lab(new_sample: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on a fresh sample practice, in French, for the tests of one file."""
    home = tmp_path_factory.mktemp("home")
    with jupyterlab(new_sample(home / "cabinet"), home) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A French person's browser, without memory."""
    opened = browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page; the test fails when the page asks for anything outside this machine, or logs an error."""
    opened = context.new_page()
    outside: list[str] = []
    errors: list[str] = []

    def note_request(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            outside.append(url)

    def note_error(text: str) -> None:
        # JupyterLab complains so of what it had asked a kernel that is restarted, and of what an older kernel showed.
        if "Canceled future for" not in text and "widget model not found" not in text:
            errors.append(text)

    context.on("request", lambda request: note_request(request.url))
    opened.on("websocket", lambda socket: note_request(socket.url))
    opened.on("pageerror", lambda error: note_error(str(error)))
    opened.on("console", lambda line: note_error(line.text) if line.type == "error" else None)
    yield opened
    # Leaving the page says so to nobody: a notebook with changes would ask.
    opened.close(run_before_unload=False)
    assert outside == [], "the page asked for something outside this machine"
    assert errors == [], "the page logged errors"


@pytest.fixture
def use_theme() -> Callable[[Page, str], None]:
    """Put JupyterLab into its light or dark theme: ``use_theme(page, "dark")``."""

    def use(page: Page, name: str) -> None:
        asked(
            page,
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}[name],
        )
        page.wait_for_selector(f'body[data-jp-theme-light="{str(name == "light").lower()}"]', state="attached")
        page.wait_for_selector("#jupyterlab-splash", state="detached")

    return use


@pytest.fixture
def minded(use_theme: Callable[[Page, str], None]) -> Callable[..., list[str]]:
    """Return what axe minds in the light theme and in the dark one, which stays: ``minded(page, ".pw-day")``."""

    def found(page: Page, *roots: str) -> list[str]:
        told = []
        for theme in ("light", "dark"):
            use_theme(page, theme)
            told += [f"{theme}: {one}" for one in serious(page, *roots)]
        return told

    return found


@pytest.fixture
def shoot(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """Take a picture of the page: ``shoot(page, "dark")``; ``WORKBENCH_SCREENSHOTS`` names a folder that keeps it."""
    folder = Path(os.environ.get("WORKBENCH_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str = "", *, whole: bool = False) -> Path:
        told = re.sub(r"\W+", "-", f"{request.node.name}-{name}").strip("-")
        file = folder / f"{told}.png"
        page.screenshot(path=file, full_page=whole)
        return file

    return take
