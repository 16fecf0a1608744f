"""The desk as a page without code: what a person sees there, and what nobody can do from there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Page, expect
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from tests.browser.jupyter import PATIENCE, Lab, free_port, served


@pytest.fixture(scope="module")
def app(new_sample: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """``workbench app`` on a fresh sample practice, in French, for the tests of this file."""
    home = tmp_path_factory.mktemp("home")
    workspace = new_sample(home / "cabinet")
    with served(workspace, home, ("app", "--no-browser", "--no-scheduler", "--port", str(free_port()))) as running:
        yield running


def opened(app: Lab, page: Page) -> str:
    """Open the page, wait until its desk answers, and return the address of its kernel."""
    kernels: list[str] = []
    page.on("websocket", lambda socket: kernels.append(socket.url))
    page.goto(f"{app.url}/?token={app.token}")
    expect(page.locator(".pw-desk-bar")).to_be_visible(timeout=PATIENCE * 1000)
    expect(page.locator(".pw-day h2")).to_be_visible(timeout=PATIENCE * 1000)
    return kernels[0]


def kernel_in(app: Lab, address: str) -> psutil.Process | None:
    """Return the kernel of a page, or nothing when it has ended."""
    name = urlsplit(address).path.split("/")[3]
    for one in psutil.Process(app.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has just ended
            if any(name in word for word in one.cmdline()):
                return one
    return None


def ends(app: Lab, address: str) -> bool:
    """Tell whether the kernel of a page ends within a while."""
    last = time.monotonic() + 90
    while kernel_in(app, address):
        if time.monotonic() > last:
            return False
        time.sleep(0.2)
    return True


def test_the_page_opens_on_the_day_without_any_code(app: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    opened(app, page)
    assert page.title() == "Publipostage"
    assert page.locator("html").get_attribute("lang") == "fr"
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator(".cm-editor, .jp-InputArea, .highlight, pre")).to_have_count(0)
    expect(page.get_by_text("Préparer l’envoi").first).to_be_visible()
    shoot(page, "light")
    # Whoever is found with Ctrl+K shows over the page, and the bar stays where it is.
    page.keyboard.press("Control+K")
    page.keyboard.type("mar")
    found = page.locator(".pw-desk-bar").get_by_role("option")
    expect(found.nth(3)).to_be_visible(timeout=PATIENCE * 1000)
    in_sight = """(one) => { const { left, top, height } = one.getBoundingClientRect();
        const there = document.elementFromPoint(left + 8, top + height / 2);
        return there !== null && (one === there || one.contains(there)); }"""
    assert found.nth(3).evaluate(in_sight)
    page.keyboard.press("ArrowUp")  # the last one found
    expect(found.last).to_have_attribute("aria-selected", "true")
    assert found.last.evaluate(in_sight)
    shoot(page, "found")
    page.keyboard.press("Escape")
    assert page.get_by_role("navigation", name="Pages").get_by_role("button").first.evaluate(in_sight)


def test_the_theme_follows_the_computer_or_the_persons_choice(app: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    page.emulate_media(color_scheme="dark")
    opened(app, page)

    def ground() -> int:
        told = page.locator("#rendered_cells").evaluate("(shown) => getComputedStyle(shown).backgroundColor")
        return sum(int(number) for number in re.findall(r"\d+", told)[:3])

    assert ground() < 200
    shoot(page, "dark")
    page.get_by_label("Thème").select_option("light")
    assert ground() > 600
    page.emulate_media(color_scheme="light")
    page.get_by_label("Thème").select_option("dark")
    assert ground() < 200
    page.get_by_label("Thème").select_option("")
    assert ground() > 600


def test_a_mailing_is_searched_and_each_message_read(app: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    opened(app, page)
    page.get_by_role("button", name=re.compile("Préparer l’envoi – Rappels")).first.click()
    messages = page.locator(".pw-message-preview:visible")
    expect(messages.frame_locator("iframe").locator("body")).to_contain_text("rendez-vous", timeout=PATIENCE * 1000)
    shoot(page, "messages")
    page.get_by_role("button", name=re.compile("^Recherche")).click()
    table = page.locator(".pw-recipient-table:visible")
    table.get_by_role("searchbox").fill("lefevre")
    expect(table.get_by_role("row", name=re.compile("LEFÈVRE Zoé"))).to_be_visible()
    shoot(page, "list")


def test_each_page_has_a_kernel_of_its_own_which_ends_with_it(app: Lab, page: Page) -> None:
    first = opened(app, page)
    assert kernel_in(app, first)
    page.goto("about:blank")
    second = opened(app, page)
    assert second != first
    assert kernel_in(app, second)
    assert ends(app, first)


def test_no_code_comes_from_a_page(app: Lab, page: Page) -> None:
    address = opened(app, page)
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    written = app.workspace / "written-from-a-page"

    async def ask() -> None:
        line = await websocket_connect(
            HTTPRequest(address.partition("?")[0], headers={"Cookie": cookies, "Origin": app.url})
        )
        for kind, content in (
            ("execute_request", {"code": f"open({str(written)!r}, 'w').write('1')", "silent": False}),
            ("shutdown_request", {"restart": False}),
            ("kernel_info_request", {}),
        ):
            header = {"msg_id": kind, "msg_type": kind, "session": "x", "username": "", "version": "5.3", "date": ""}
            channel = "control" if kind == "shutdown_request" else "shell"
            message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": channel}
            if kind != "shutdown_request":
                await line.write_message(json.dumps(message))
        while True:
            told = json.loads(await line.read_message())
            if told["parent_header"].get("msg_id") == "kernel_info_request" and told["channel"] == "shell":
                break
        line.close()
        while await line.read_message() is not None:
            pass  # the socket is closed once the server has said goodbye too; the loop would leave it open

    # Playwright has a loop of its own in this thread.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, asyncio.wait_for(ask(), 45)).result(timeout=60)
    assert not written.exists()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "voila/files/workbench.toml", 404),
        ("GET", "files/workbench.toml", 404),
        ("GET", "api/contents", 404),
        ("GET", "voila/api/contents", 404),
        ("GET", "voila/static/../../../../workbench.toml", 403),
        ("GET", "api/kernels", 404),
        ("POST", "api/kernels", 404),
        ("GET", "app.ipynb", 404),
        ("DELETE", "api/kernels/01234567-89ab-cdef-0123-456789abcdef", 405),
        ("POST", "api/kernels/01234567-89ab-cdef-0123-456789abcdef/interrupt", 404),
    ],
)
def test_no_file_and_no_command_of_a_server_is_at_hand(app: Lab, method: str, path: str, status: int) -> None:
    assert refusal(app, method, path, token=app.token) == status


def test_only_who_has_the_token_gets_in(app: Lab) -> None:
    for path in ("", "api/kernels/01234567-89ab-cdef-0123-456789abcdef"):
        assert refusal(app, "GET", path, token="") in {302, 403}
    assert refusal(app, "GET", "", token=app.token, host="elsewhere.example") == 403


def refusal(app: Lab, method: str, path: str, *, token: str, host: str = "") -> int:
    """Return the status with which the server refuses a request."""
    headers = {"Authorization": f"token {token}", "Host": host or urlsplit(app.url).netloc}
    request = urllib.request.Request(f"{app.url}/{path}", method=method, headers=headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(NoRedirect).open(request, timeout=20)
    with refused.value as answer:
        return answer.code


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: object) -> None:
        return None


def test_it_listens_here_alone_and_leaves_nothing_behind(new_sample: Callable[[Path], Path], tmp_path: Path) -> None:
    workspace = new_sample(tmp_path / "cabinet")
    before = {file.name for file in workspace.iterdir()}
    with served(workspace, tmp_path, ("app", "--no-browser", "--no-scheduler", "--port", str(free_port()))) as app:
        connections = psutil.Process(app.process.pid).net_connections(kind="inet")
        assert [one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN] == ["127.0.0.1"]
        assert (workspace / ".lab/app.log").stat().st_mode & 0o077 == 0
    assert app.process.returncode == 0
    told = app.log.read_text(encoding="utf-8")
    assert "La page s’est arrêtée" in told
    assert "Traceback" not in told
    assert {file.name for file in workspace.iterdir()} - before == {".lab"}
