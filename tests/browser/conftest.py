"""A running stack and a headless Chromium in front of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from hubstack.testbed import Request, Stack, StackInfo, find_chromium, running_stack

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def artifacts(checkout: Path) -> Path:
    """Where CI looks for what a run leaves behind."""
    directory = checkout / "artifacts"
    (directory / "screenshots").mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture(scope="module")
def stack(artifacts: Path) -> Iterator[StackInfo]:
    """The laptop site, with the reference config."""
    home = Path(tempfile.mkdtemp(prefix="hs-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home))
        with running_stack(Request(site="laptop", port=0), name="browser") as info:
            yield info
            shutil.copytree(Stack("browser").logs, artifacts / "logs", dirs_exist_ok=True)
            shutil.copy(Stack("browser").directory / "sge/default/common/events.jsonl", artifacts / "logs")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def browser(lacking: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """The machine's own Chromium, closed with its module: while Playwright's loop lives, no other test can run one."""
    chromium = find_chromium()
    if chromium is None:
        lacking("there is no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, stack: StackInfo, artifacts: Path) -> Iterator[Callable[[], Page]]:
    """Pages of people who know nothing of each other: each has its own cookies. What they saw last is kept."""
    contexts: list[BrowserContext] = []

    def new_page() -> Page:
        context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context.new_page()

    yield new_page
    for n, page in enumerate(page for context in contexts for page in context.pages):
        page.screenshot(path=artifacts / "screenshots" / f"last-{n}.png")
    for context in contexts:
        context.close()


@pytest.fixture
def screenshot(artifacts: Path) -> Callable[[Page, str], None]:
    """Keep what a page looks like."""

    def screenshot(page: Page, name: str) -> None:
        page.screenshot(path=artifacts / "screenshots" / f"{name}.png")

    return screenshot
