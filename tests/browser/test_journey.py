"""The whole journey of a person: from the login page to a notebook on a granted host, and back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hubstack.testbed import Stack, StackInfo, ask, run_on_submit_host, submit_host

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

NewPage = Callable[[], Page]
Screenshot = Callable[[Page, str], None]

USER, OTHER = "user001", "user002"
SERVER_START_MS = 90_000


def log_in(page: Page, user: str, password: str) -> None:
    page.goto("/hub/login?next=/hub/home")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def ask_for(page: Page, **fields: str) -> None:
    """Fill the options form: fields are named as the form names them."""
    page.goto("/hub/spawn")
    for name, value in fields.items():
        field = page.locator(f"#spawn_form [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def jobs_of(user: str) -> list[str]:
    listing = ask(Stack("browser"), "qstat", "-u", user)
    return re.findall(r"^\s*(\d+) ", listing, re.MULTILINE)


def show_terminal_text(stack: Stack, user: str) -> None:
    """Terminals draw on a canvas; the setting for screen readers writes their text into the page, too."""
    assert run_on_submit_host(stack, ["true"], user) == 0  # which makes the home directory
    settings = stack.home(user) / ".jupyterhub/config/lab/user-settings/@jupyterlab/terminal-extension"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text(json.dumps({"screenReaderMode": True}))


def test_a_wrong_password_is_refused(stack: StackInfo, new_page: NewPage, screenshot: Screenshot) -> None:
    """And the page says so, without saying what was wrong."""
    page = new_page()
    log_in(page, USER, "not the password")
    expect(page.get_by_text("Invalid username or password")).to_be_visible()
    screenshot(page, "01-wrong-password")
    assert page.goto("/hub/home").url.endswith("/hub/login?next=%2Fhub%2Fhome")


def test_the_form_has_its_limits(stack: StackInfo, new_page: NewPage, screenshot: Screenshot) -> None:
    """The browser itself holds numbers inside the site's limits, and the eight fields have labels."""
    page = new_page()
    log_in(page, USER, stack.password)
    ask_for(page)
    screenshot(page, "02-form")
    cores = page.locator("#spawn_form [name=cores]")
    assert (cores.get_attribute("min"), cores.get_attribute("max")) == ("1", "8")
    fields = page.locator("#spawn_form :is(input, select)[name]:not([type=hidden])")
    names = fields.evaluate_all("fields => fields.map(field => field.name)")
    assert sorted(names) == sorted(["project", "queue", "email", "cores", "pe", "memory", "gpus", "runtime"])
    for name in names:
        identity = page.locator(f"#spawn_form [name={name}]").get_attribute("id")
        expect(page.locator(f"label[for='{identity}']")).to_be_visible()
    expect(page.locator("#spawn_form [name=runtime]")).to_be_disabled()


def test_what_cannot_be_granted_is_told_before_anything_is_submitted(
    stack: StackInfo, new_page: NewPage, screenshot: Screenshot
) -> None:
    """GPUs without a project that has them: the form comes back with the reason, and there is no job."""
    page = new_page()
    log_in(page, USER, stack.password)
    ask_for(page, gpus="1")
    page.locator("#spawn_form [type=submit]").click()
    expect(page.locator(".alert, .invalid-feedback, .text-danger").filter(has_text="project").first).to_be_visible()
    screenshot(page, "03-gpus-without-project")
    assert jobs_of(USER) == []


def test_work_on_a_granted_host(stack: StackInfo, new_page: NewPage, screenshot: Screenshot) -> None:
    """Log in, ask for a GPU, compute in a notebook, look around in a terminal, stop; nobody else gets in meanwhile."""
    cluster = Stack("browser")
    show_terminal_text(cluster, USER)
    page = new_page()
    log_in(page, USER, stack.password)

    ask_for(page, project="gpu", gpus="1")
    page.locator("#spawn_form [type=submit]").click()
    page.wait_for_url(f"**/user/{USER}/lab**", timeout=SERVER_START_MS)
    expect(page.get_by_role("tab", name="Launcher")).to_be_visible(timeout=SERVER_START_MS)
    screenshot(page, "04-jupyterlab")
    (job,) = jobs_of(USER)

    compute(page)
    screenshot(page, "05-notebook")
    look_around(page, expected_host=granted_host(job))
    screenshot(page, "06-terminal")

    stranger = new_page()
    try_to_get_in(stranger, stack)
    screenshot(stranger, "07-stranger")

    stop_in_control_panel(page, screenshot)
    wait_until(lambda: jobs_of(USER) == [])
    accounting = ask(cluster, "qacct", "-j", job)
    assert re.search(rf"^owner +{USER} *$", accounting, re.MULTILINE)
    assert re.search(r"^project +gpu *$", accounting, re.MULTILINE)


def compute(page: Page) -> None:
    """A cell of a new notebook has an answer."""
    page.locator(".jp-LauncherCard[data-category=Notebook]").first.click()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=SERVER_START_MS)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.type("6 * 7")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-executeResult .jp-OutputArea-output").first).to_have_text("42")


def granted_host(job: str) -> str:
    found = re.search(rf"^\s*{job} .* \S+@(\S+)", ask(Stack("browser"), "qstat", "-u", "*"), re.MULTILINE)
    assert found
    assert found[1] in submit_host(Stack("browser")).addresses
    return found[1]


def look_around(page: Page, expected_host: str) -> None:
    """A terminal runs in the job: it has the job's host and the GPU that was granted."""
    choose(page, "File", "New", "Terminal")
    terminal = page.locator(".jp-Terminal .xterm-helper-textarea")
    expect(terminal).to_be_attached()
    page.locator(".jp-Terminal .xterm-screen").click()
    page.keyboard.type('echo "host=$(hostname)" "gpu=$CUDA_VISIBLE_DEVICES" "job=$JOB_ID"')
    page.keyboard.press("Enter")
    shown = page.locator(".jp-Terminal .xterm-accessibility-tree")
    expect(shown).to_contain_text(re.compile(rf"host={expected_host}\b"))
    expect(shown).to_contain_text(re.compile(r"gpu=[01] "))
    expect(shown).to_contain_text(re.compile(r"job=\d+"))


def try_to_get_in(stranger: Page, stack: StackInfo) -> None:
    """Another user's login doesn't open this user's server, neither its pages nor its API."""
    log_in(stranger, OTHER, stack.password)
    for path in ("lab", "api/contents", "terminals/1"):
        answer = stranger.goto(f"/user/{USER}/{path}")
        assert answer.status in {403, 404}, (path, answer.status)
        assert ".jp-Launcher" not in stranger.content()


def choose(page: Page, menu: str, *items: str) -> None:
    """Click through JupyterLab's menus."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
    for item in items:
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$")).click()


def stop_in_control_panel(page: Page, screenshot: Screenshot) -> None:
    """The way that JupyterLab's menu leads to."""
    with page.expect_popup() as opened:
        choose(page, "File", "Hub Control Panel")
    panel = opened.value
    panel.wait_for_function("window.require && window.require.defined('home')")  # only then the button works
    panel.locator("#stop").click()
    expect(panel.locator("#start")).to_have_text(re.compile("Start My Server"), timeout=60_000)
    screenshot(panel, "08-stopped")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)
