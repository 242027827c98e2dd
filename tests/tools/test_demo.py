"""The demo: confcall, its rooms, and a blog that embeds them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from tools import product


def test_every_address_of_confcall_in_the_demo_blog_answers(tmp_path: Path) -> None:
    port = product.free_port(4)
    call, blog = f"http://127.0.0.1:{port}", f"http://localhost:{port + 3}"
    env = os.environ | {
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
        "SFU_PORT": str(port + 1),
        "SFU_WORKERS": "1",
        "BLOG_PORT": str(port + 3),
    }
    for name in product.NOT_INHERITED:
        env.pop(name, None)
    command = [sys.executable, "tools/demo.py"]
    with (tmp_path / "log").open("w+") as log:
        demo = subprocess.Popen(command, cwd=product.ROOT, env=env, stdout=log, stderr=log)
        try:
            said = (tmp_path / "log").read_text
            product.wait_until(lambda: "The demo blog" in said(), said, 120)
            with urllib.request.urlopen(blog, timeout=10) as answer:
                page = answer.read().decode()
            addresses = set(re.findall(rf"{re.escape(call)}[^\"]*", page))
            assert len(addresses) > 5
            for address in addresses:
                assert product.answers(address), address
        finally:
            product.stop(demo)
    assert "Traceback" not in said()
