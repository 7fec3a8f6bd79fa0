"""A browser, and JupyterLab for it: tests marked `browser` run only when asked for."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.manifest import COURSE_ROOT, Manifest, load_manifest
from tests.browser.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
SWITCHES = [
    "--no-sandbox",  # there is none for root, and all pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS_TO_START = 180
"""For JupyterLab on a busy machine."""

WIDGETS_OFF = '{"disabledExtensions": {"@jupyter-widgets/jupyterlab-manager": true}}'
EVERY_CELL_IS_DRAWN = '{"windowingMode": "none"}'
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs a browser, unless it is asked for."""
    if "browser" in (config.option.markexpr or ""):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="a browser is used by `make test-browser`"))


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return load_manifest(COURSE_ROOT)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(f"There is no {BROWSERS[0]}; on Debian: apt-get install chromium", False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """What starts JupyterLab, with widgets or without; it stops after the tests."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(widgets: bool = True) -> Lab:
        home = tmp_path_factory.mktemp("lab")
        lab = Lab(home / "notebooks", f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16))
        lab.folder.mkdir()
        _configure(home, widgets)
        with (home / "log.txt").open("wb") as log:
            processes.append(
                subprocess.Popen(
                    _command(home, lab), env=_environment(home), stdout=log, stderr=log
                )
            )
        _wait_for(lab, processes[-1], home / "log.txt")
        return lab

    yield start
    for process in processes:
        process.terminate()  # it shuts its kernels down
    for process in processes:
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def lab(start_lab: Callable[..., Lab]) -> Lab:
    return start_lab()


@pytest.fixture(scope="session")
def lab_without_widgets(start_lab: Callable[..., Lab]) -> Lab:
    return start_lab(widgets=False)


def _configure(home: Path, widgets: bool) -> None:
    files = {
        "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": EVERY_CELL_IS_DRAWN,
        "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings": NO_NEWS,
    }
    if not widgets:
        files["config/labconfig/page_config.json"] = WIDGETS_OFF
    for name, content in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def _command(home: Path, lab: Lab) -> list[str]:
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        f"--ServerApp.port={lab.address.rpartition(':')[2]}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={lab.token}", f"--ServerApp.root_dir={lab.folder}",
        "--LabApp.expose_app_in_browser=True", f"--LabApp.user_settings_dir={home / 'settings'}",
        f"--LabApp.workspaces_dir={home / 'workspaces'}",
    ]  # fmt: skip


def _environment(home: Path) -> dict[str, str]:
    own = {
        f"JUPYTER_{kind.upper()}_DIR": str(home / kind) for kind in ("config", "data", "runtime")
    }
    path = os.pathsep.join(filter(None, [str(COURSE_ROOT), os.environ.get("PYTHONPATH")]))
    ipython = {"IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": path}
    return {**os.environ, **own, **ipython, "POSELAB_PROFILE": "smoke"}


def _wait_for(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{lab.address}/api/status?token={lab.token}"):
                return
        except OSError:  # not yet there, or not yet ready
            time.sleep(0.5)
    pytest.fail(f"JupyterLab does not start: {log.read_text()[-2000:]}", False)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
