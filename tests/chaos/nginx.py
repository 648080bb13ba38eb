"""A TLS-terminating nginx with limits of its own in front of the sandbox."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING, Any

from accounts import check, contacts, report_of, require
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sandbox_process import SandboxProcess

from graph8_crm import Client, Graph8Error, PushReport

if TYPE_CHECKING:
    from typing_extensions import Self

CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format answers '$server_protocol $status';
    access_log {folder}/access.log answers;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    limit_req_zone $server_port zone=account:1m rate=20r/s;
    limit_req_status 429;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {folder}/nginx.pem;
        ssl_certificate_key {folder}/nginx.key;
        location @slow_down {{ add_header Retry-After 1 always; return 429; }}
        location / {{
            {rules}
            proxy_pass http://127.0.0.1:{upstream};
        }}
    }}
}}
"""


class Nginx:
    """nginx before a port of this machine, with more rules for what passes."""

    def __init__(self, folder: Path, upstream: int, rules: str) -> None:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        require(program is not None, "there is no nginx: install it with the system's packages")
        assert program
        port = free_port()
        self.folder = folder
        self.url = f"https://127.0.0.1:{port}"
        self.port = port
        make_certificate(folder)
        config = folder / "nginx.conf"
        config.write_text(
            CONFIG.format(folder=folder, port=port, upstream=upstream, rules=rules),
            encoding="utf-8",
        )
        self.command = [program, "-c", str(config), "-e", str(folder / "error.log")]
        self.process = subprocess.Popen(self.command)

    @property
    def ca_file(self) -> Path:
        return self.folder / "nginx.pem"

    def answers(self) -> Counter[str]:
        """Once it has ended: so many of each protocol and status, for example `HTTP/2.0 200`."""
        return Counter((self.folder / "access.log").read_text(encoding="utf-8").splitlines())

    def signal(self, name: str) -> None:
        subprocess.run([*self.command, "-s", name], check=True)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 30
        while not is_listening(self.port):
            require(time.monotonic() < deadline, "nginx does not start")
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def make_certificate(folder: Path) -> None:
    """Signed by itself, for this machine's address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nginx before the sandbox")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "nginx.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "nginx.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def push(
    nginx: Nginx, sandbox: SandboxProcess, records: list[dict[str, str]], **options: Any
) -> PushReport:
    settings: dict[str, Any] = {"rate_limit": False, **options}
    with Client(sandbox.api_key, nginx.url, ca_file=nginx.ca_file, **settings) as client:
        try:
            return client.push_contacts(
                "hubspot", records, batch_size=20, max_consecutive_unknown=0
            )
        except Graph8Error as error:
            return report_of(error)


LIMITED = "limit_req zone=account burst={burst} nodelay;"
"""nginx refills its bucket evenly; what a second allows may come at once."""


def paced() -> str:
    """Within nginx's own limit nothing is refused, over HTTP/2 as well."""
    figures = []
    for http2 in (False, True):
        with TemporaryDirectory() as name, SandboxProcess() as sandbox:
            with Nginx(Path(name), sandbox.port, LIMITED.format(burst=15)) as nginx:
                records = contacts("paced", 2_000)
                report = push(nginx, sandbox, records, rate_limit=(15, 900), http2=http2)
            answers = nginx.answers()
            check(report, records, sandbox.held())
            protocol = "HTTP/2.0" if http2 else "HTTP/1.1"
            require(report.pushed == len(records), repr(report))
            require(set(answers) == {f"{protocol} 200"}, f"{answers}")
            figures.append(f"{answers.total()} requests over {protocol}, no 429")
    return "nginx at 20 a second, paced at 15: " + "; ".join(figures)


def refused() -> str:
    """A 429 with Retry-After is waited for; one without leaves records in doubt, none lost."""
    figures = []
    limited = LIMITED.format(burst=3)
    waiting = f"{limited} error_page 429 = @slow_down;"
    for words, rules in (("with Retry-After", waiting), ("without", limited)):
        with TemporaryDirectory() as name, SandboxProcess() as sandbox:
            with Nginx(Path(name), sandbox.port, rules) as nginx:
                records = contacts("refused", 1_000)
                report = push(nginx, sandbox, records)
            answers = nginx.answers()
            check(report, records, sandbox.held())
            refusals = sum(count for answer, count in answers.items() if answer.endswith("429"))
            require(refusals > 0, f"nginx has refused nothing: {answers}")
            if rules is waiting:
                require(report.pushed > 0 and report.unknown == 0, repr(report))
            figures.append(
                f"{refusals} refusals {words}: {report.pushed} pushed, {report.unknown} unknown, "
                f"{report.not_sent} not sent"
            )
    return "nginx, not paced: " + "; ".join(figures)


def harmed() -> str:
    """Bodies above its limit, a reload, a kill, and an upstream that is gone."""
    figures = []
    with TemporaryDirectory() as name, SandboxProcess() as sandbox:
        with Nginx(Path(name), sandbox.port, "client_max_body_size 600;") as nginx:
            records = contacts("large", 1_000)
            report = push(nginx, sandbox, records)
        answers = nginx.answers()
        check(report, records, sandbox.held())
        require(report.pushed == len(records), repr(report))
        too_large = sum(count for answer, count in answers.items() if answer.endswith("413"))
        require(too_large > 0, f"{answers}")
        figures.append(f"{too_large} bodies too large, all 1000 pushed in smaller ones")
    for signal in ("reload", "stop"):
        with TemporaryDirectory() as name, SandboxProcess() as sandbox:
            # Slow enough that the signal meets requests under way.
            sandbox.command("fail_next", count=10_000, fault={"kind": "delay", "ms": 20})
            with Nginx(Path(name), sandbox.port, "") as nginx:
                records = contacts(signal, 4_000)
                timer = Timer(0.4, nginx.signal, [signal])
                timer.start()
                report = push(nginx, sandbox, records)
                timer.join()
            # What was under way may still get there.
            time.sleep(1)
            check(report, records, sandbox.held())
            require(report.pushed > 0, repr(report))
            figures.append(
                f"{signal}: {report.pushed} pushed, {report.unknown} unknown, "
                f"{report.not_sent} not sent"
            )
    with TemporaryDirectory() as name, SandboxProcess() as sandbox:
        with Nginx(Path(name), 9, "") as nginx:
            records = contacts("gone", 100)
            report = push(nginx, sandbox, records)
        require(report.unknown + report.not_sent == 100, repr(report))
        figures.append(f"no upstream: {report.unknown} unknown, {report.not_sent} not sent")
    return "nginx: " + "; ".join(figures)
