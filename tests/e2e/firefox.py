"""The installed Firefox, driven by firefox.mjs."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.people import MEDIA_OF, RECORD_CONNECTIONS, until
from tools.etherpad_for_tests import node_program
from tools.product import ROOT

DRIVER = Path(__file__).with_name("firefox.mjs")


def firefox_program() -> str:
    program = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("needs Firefox: apt-get install firefox-esr")
        pytest.skip("needs Firefox: apt-get install firefox-esr")
    return program


class Firefox:
    """One tab of Firefox, driven by tests/e2e/firefox.mjs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def started(cls) -> AsyncIterator[Firefox]:
        process = await asyncio.create_subprocess_exec(
            node_program("node"),
            str(DRIVER),
            firefox_program(),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**22,
            start_new_session=True,
        )
        firefox = cls(process)
        try:
            version = await firefox.answer()
            assert "firefox" in version.lower(), version
            yield firefox
            await firefox.do("close")
            await asyncio.wait_for(process.wait(), 30)
        finally:
            if process.returncode is None:
                # The driver leads a group of its own, in which its browser is.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

    async def answer(self) -> Any:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 90)
        assert line, "the driver of Firefox has ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    async def do(self, command: str, **values: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": command, **values}).encode() + b"\n")
        await self._process.stdin.drain()
        return await self.answer()

    async def join(self, link: str, name: str) -> None:
        assert await self.do("open", url=link, init=RECORD_CONNECTIONS) == 200
        await self.do("fill", selector='aria/Your name[role="textbox"]', text=name)
        await self.do("click", selector='aria/Join[role="button"]')
        await self.do("wait", selector=f'#stage [role=group][aria-label="{name}"]', seconds=30)

    async def gets(self, name: str, *, seconds: float = 30) -> None:
        """Wait until more pictures and more sound of someone are decoded."""
        before = await self.media_of(name)

        async def more() -> bool:
            now = await self.media_of(name)
            sound = now["samples"] > before["samples"] + 4800 and now["energy"] > before["energy"]
            return bool(sound and now["frames"] >= before["frames"] + 10)

        async def text() -> str:
            said = (await self.do("said"))[-20:]
            return f"Firefox does not get {name}: {await self.media_of(name)}\n{said}"

        await until(more, seconds, text)

    async def media_of(self, name: str) -> dict[str, float]:
        found: dict[str, float] = await self.do("evaluate", function=MEDIA_OF, argument=name)
        return found
