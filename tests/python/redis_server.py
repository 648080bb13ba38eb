"""A Redis (or Valkey) of a test's own."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from conftest import wait_until

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class RedisServer:
    """Keeps what it knows when it is started again, unless that is deleted meanwhile."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        assert PROGRAM is not None
        self.folder = folder
        self.arguments = arguments
        self.password: str | None = None
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        assert PROGRAM is not None
        self.folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [
                *(PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--dir", str(self.folder), "--save", ""),
                *("--appendonly", "yes", "--appendfsync", "always"),
                *self.arguments,
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "redis-server ended"
        try:
            return self.command("PING").startswith("+PONG")
        except OSError:
            return False

    def command(self, text: str) -> str:
        """What it answers to an inline command."""
        commands = [] if self.password is None else [f"AUTH {self.password}"]
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            file = connection.makefile("rw", newline="\r\n")
            answer = ""
            for command in [*commands, text]:
                file.write(f"{command}\r\n")
                file.flush()
                answer = file.readline().strip()
        return answer

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def forget(self) -> None:
        """Once it is stopped: all it knew."""
        shutil.rmtree(self.folder)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def require_password(self, password: str) -> None:
        """From whoever comes now; all who are there have to come again."""
        self.command(f"CONFIG SET requirepass {password}")
        self.password = password
        self.command("CLIENT KILL TYPE normal SKIPME yes")

    def require_no_password(self) -> None:
        self.command('CONFIG SET requirepass ""')
        self.password = None


class Relay:
    """An address that leads to another server when the first one is gone."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}"
        self.ends: list[socket.socket] = [self.listener]
        self.threads: list[threading.Thread] = []
        self._run(self._serve)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self.threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.listener.accept()
                self.ends.append(here)
                try:
                    there = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    here.close()
                    continue
                self.ends.append(there)
                self._run(self._carry, here, there)
                self._run(self._carry, there, here)

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        hang_up(one)
        hang_up(other)

    def close(self) -> None:
        for end in self.ends:
            hang_up(end)
        for thread in self.threads:
            thread.join()
        for end in self.ends:
            end.close()


def hang_up(end: socket.socket) -> None:
    """Ends what another thread waits for there."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
