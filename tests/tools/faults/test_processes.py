"""What /proc says about real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from tools.faults import processes


def test_a_process_is_found_below_its_parent_with_its_command() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert child.pid in processes.descendants(os.getpid())
        assert processes.parent(child.pid) == os.getpid()
        processes.send(signal.SIGKILL, child.pid)
    assert processes.command(child.pid) == ""
    with pytest.raises(OSError, match=str(child.pid)):
        processes.parent(child.pid)
    processes.send(signal.SIGKILL, child.pid)


def test_the_process_at_a_udp_port_is_found() -> None:
    code = "import socket,time; s=socket.socket(type=2); s.bind(('127.0.0.1',0));"
    code += "print(s.getsockname()[1], flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        assert processes.at_port(port, processes.descendants(os.getpid())) == child.pid
        child.kill()
    assert processes.at_port(port, [os.getpid()]) is None


def test_open_files_and_sockets_are_found() -> None:
    before = processes.sockets(os.getpid())
    with socket.socket(), open("/dev/zero") as file:
        assert len(processes.sockets(os.getpid()) - before) == 1
        assert file.name in processes.open_files(os.getpid())
