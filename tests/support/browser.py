"""A headless Chromium, driven by the DevTools protocol through a pair of pipes: no driver, no package, no port.

Messages are JSON ended by a zero byte (https://chromedevtools.github.io/devtools-protocol/). The browser reads them
from its file descriptor 3 and answers on 4. A `Tab` remembers whatever the page writes to the console, raises or asks
the network for, so that tests can find that there is none of it.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

if sys.platform != "win32":
    import fcntl

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE: Final = 60.0
"""The timeout of an answer in seconds: long enough for a busy machine, and a hanging browser cannot block the suite."""

FLAGS: Final = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # root cannot use the sandbox, and the pages are our own
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)

KEYS: Final = {
    " ": ("Space", 32, " "),
    "Enter": ("Enter", 13, "\r"),
    "Tab": ("Tab", 9, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "Home": ("Home", 36, ""),
    "End": ("End", 35, ""),
}


def find_chromium() -> str | None:
    """Return the path of the browser; None if none is on PATH, and on Windows, where a child gets no such pipes."""
    if sys.platform == "win32":
        return None
    return next(filter(None, map(shutil.which, NAMES)), None)


needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="no Chromium on PATH, or Windows")

CONTRAST: Final = """
((element) => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1})
    .getContext("2d", {willReadFrequently: true});
  const rgb = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (c) => c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => (([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b)(light(rgb(colour)));
  let below = element;
  while (/, 0\\)$/.test(getComputedStyle(below).backgroundColor)) below = below.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(below).backgroundColor].map(luminance);
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
})
"""
"""A function from an element to the contrast of its text with what is behind it (WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio)."""


class Browser:
    """A running browser."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to = to_browser
        self._from = from_browser
        self._numbers = count(1)
        self._unread = b""
        self._idle: list[Tab] = []
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result; other messages are appended to `events`."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        os.write(self._to, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._read(deadline)
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._unread:
            if not select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"the browser gave no answer within {PATIENCE:g} s")
            chunk = os.read(self._from, 1 << 20)
            assert chunk, "the browser has gone"
            self._unread += chunk
        message, _, self._unread = self._unread.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def open(self, path: Path, width: int = 1280, height: int = 800, dark: bool = False, still: bool = False) -> "Tab":
        """Load a file with this window size, light or dark scheme, with or without reduced motion.

        A closed tab is used again, which takes a third of the time of a new one.
        """
        tab = self._idle.pop() if self._idle else self._new()
        tab.forget()
        tab.resize(width, height)
        preferences = {"prefers-color-scheme": "dark" if dark else "light"}
        preferences["prefers-reduced-motion"] = "reduce" if still else "no-preference"
        tab.call("Emulation.setEmulatedMedia", features=[{"name": n, "value": v} for n, v in preferences.items()])
        tab.call("Page.navigate", url=path.resolve().as_uri())
        tab.wait("document.readyState === 'complete' && location.protocol === 'file:'")
        return tab

    def _new(self) -> "Tab":
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        tab = Tab(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.call(f"{domain}.enable")
        return tab

    def put_back(self, tab: "Tab") -> None:
        """Keep a tab for the next file."""
        self._idle.append(tab)


class Tab:
    """One page, with its console messages and network requests."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to this page."""
        return self._browser.call(method, self._session, **parameters)

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.run(condition):
            assert time.monotonic() < deadline, f"still not true: {condition}"
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        """Return the text of an element."""
        found: str = self.run(f"document.querySelector({json.dumps(selector)}).textContent")
        return found

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{found}.scrollIntoView({{block: 'nearest', inline: 'nearest', behavior: 'instant'}})")
        box = self.run(f"(b => [b.x + b.width / 2, b.y + b.height / 2])({found}.getBoundingClientRect())")
        place = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **place)

    def press(self, key: str) -> None:
        """Press and release a key."""
        code, number, text = KEYS.get(key) or (f"Key{key.upper()}", ord(key.upper()), key)
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Type into the focused element."""
        self.call("Input.insertText", text=text)

    def screenshot(self, path: Path) -> bytes:
        """Return a screenshot as PNG, and write it to a file."""
        picture = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        path.write_bytes(picture)
        return picture

    @property
    def complaints(self) -> list[str]:
        """Return all console messages and exceptions of the page, including policy violations."""
        loud = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self._own() if event["method"] in loud]

    @property
    def requests(self) -> list[str]:
        """Return the addresses that the page requested; the page itself comes first."""
        sent = (event for event in self._own() if event["method"] == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def _own(self) -> Iterator[dict[str, Any]]:
        self.run("0")  # earlier messages arrive before this answer
        return (event for event in self._browser.events if event.get("sessionId") == self._session)

    def forget(self) -> None:
        """Forget all messages and requests so far."""
        own = {id(event) for event in self._own()}
        self._browser.events[:] = [event for event in self._browser.events if id(event) not in own]

    def close(self) -> None:
        """Leave the page."""
        self.call("Page.navigate", url="about:blank")
        self.wait("location.protocol === 'about:'")
        self._browser.put_back(self)


TRAMPOLINE: Final = """
import os, sys
commands, answers, *command = sys.argv[1:]
os.dup2(int(commands), 3)
os.dup2(int(answers), 4)
os.execv(command[0], command)
"""
"""Moves the pipes to the file descriptors that the browser expects."""


def pipe() -> tuple[int, int]:
    """Return a pipe with high file descriptors, so that they do not overlap those of the browser."""
    assert sys.platform != "win32"
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Run a browser with a temporary profile."""
    commands, to_browser = pipe()
    from_browser, answers = pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = [*FLAGS, f"--user-data-dir={profile}", "about:blank"]
        running = subprocess.Popen(
            [sys.executable, "-c", TRAMPOLINE, str(commands), str(answers), program, *flags],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        try:
            browser = Browser(to_browser, from_browser)
            yield browser
            browser.call("Browser.close")
        finally:
            os.close(to_browser)  # this ends the browser if it still runs
            try:
                running.wait(timeout=10)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
            os.close(from_browser)
