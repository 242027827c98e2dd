"""nginx, Apache and Caddy with the configurations that docs/operations.md prints, on loopback.

Only names, ports, and paths of certificates and logs are replaced. Around a block is the least that
the program needs, as it is in Debian's own main files.
"""

from __future__ import annotations

import datetime
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.deploy.parts import ask, program, running
from tests.deploy.printed import printed_block
from tools.product import free_port

HOST = "call.localhost"
NAME = "call.example.org"
APACHE_MODULES = Path("/usr/lib/apache2/modules")


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its port for https, the one for http, and where it writes."""

    port: int
    plain_port: int
    folder: Path

    @property
    def url(self) -> str:
        """The site's address through this proxy."""
        return f"https://{HOST}:{self.port}"

    def get(
        self, path: str, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Ask through the proxy. Status, headers (small letters), body."""
        return ask(HOST, self.port, path, headers)

    def answers(self) -> bool:
        """Whether it takes requests, whatever is behind it."""
        with suppress(OSError, ssl.SSLError):
            return self.get("/")[0] > 0
        return False

    def logs(self) -> str:
        """All that it has written."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def replaced(text: str, places: dict[str, str]) -> str:
    """Replace places in the text, all of which must be in it."""
    for there, here in places.items():
        assert there in text, f"{there} is not in the printed block"
        text = text.replace(there, here)
    return text


def write_certificate(folder: Path) -> dict[str, str]:
    """Write a self-signed certificate for HOST. Returns which printed folder it replaces."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(secret)
    return {f"/etc/letsencrypt/live/{NAME}/": f"{folder}/"}


@contextmanager
def nginx(folder: Path, web: int, port: int | None = None) -> Iterator[Proxy]:
    """Debian's nginx with the printed block as its only site."""
    proxy = Proxy(port or free_port(), free_port(), folder)
    block = replaced(
        printed_block("nginx"),
        {
            **write_certificate(folder),
            "listen 80;": f"listen 127.0.0.1:{proxy.plain_port};",
            "listen [::]:80;": "",
            "listen 443 ssl": f"listen 127.0.0.1:{proxy.port} ssl",
            "listen [::]:443 ssl http2;": "",
            NAME: HOST,
            "127.0.0.1:8000": f"127.0.0.1:{web}",
            "/var/log/nginx/": f"{folder}/",
        },
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    main = folder / "nginx.conf"
    main.write_text(
        f"pid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}{block}}}\n"
    )
    command = [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(main)]
    # Started by root, nginx would run as a user who may not enter the folder.
    options = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    with running([*command, "-g", options], folder / "out.log", proxy.answers):
        yield proxy


@contextmanager
def apache(folder: Path, web: int, port: int | None = None) -> Iterator[Proxy]:
    """Debian's Apache with the modules that the guide enables, and the printed block."""
    proxy = Proxy(port or free_port(), free_port(), folder)
    block = replaced(
        printed_block("apache"),
        {
            **write_certificate(folder),
            "*:80": f"*:{proxy.plain_port}",
            "*:443": f"*:{proxy.port}",
            NAME: HOST,
            "127.0.0.1:8000": f"127.0.0.1:{web}",
        },
    )
    # Debian always has the first three. The guide enables the others, and what they need.
    modules = ["mpm_event", "authz_core", "alias", "ssl", "socache_shmcb", "headers"]
    modules += ["proxy", "proxy_http", "proxy_wstunnel"]
    loads = "".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n" for name in modules
    )
    main = folder / "apache2.conf"
    main.write_text(
        f"ServerRoot {folder}\nServerName {HOST}\nPidFile {folder}/pid\n{loads}"
        f"DefaultRuntimeDir {folder}\nErrorLog {folder}/error.log\n"
        # As Debian's other-vhosts-access-log.conf.
        f'CustomLog {folder}/access.log "%h %r"\n'
        f"Listen 127.0.0.1:{proxy.plain_port}\nListen 127.0.0.1:{proxy.port}\n{block}"
    )
    command = [program("apache2"), "-f", str(main), "-D", "FOREGROUND"]
    with running(command, folder / "out.log", proxy.answers):
        yield proxy


@contextmanager
def caddy(folder: Path, web: int, port: int | None = None) -> Iterator[Proxy]:
    """Debian's Caddy with the printed block, and a certificate of its own authority."""
    proxy = Proxy(port or free_port(), free_port(), folder)
    ports = f"http_port {proxy.plain_port}\nhttps_port {proxy.port}\ndefault_bind 127.0.0.1\n"
    block = replaced(
        printed_block("caddyfile"),
        {NAME + " {": f"{HOST} {{\ntls internal\n", "127.0.0.1:8000": f"127.0.0.1:{web}"},
    )
    main = folder / "Caddyfile"
    main.write_text(block.replace("{\n", "{\nadmin off\nskip_install_trust\n" + ports, 1))
    command = [program("caddy"), "run", "--config", str(main), "--adapter", "caddyfile"]
    home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder))
    with running(command, folder / "out.log", proxy.answers, **home):
        yield proxy


Start = Callable[..., AbstractContextManager[Proxy]]
PROXIES: dict[str, Start] = {"nginx": nginx, "apache": apache, "caddy": caddy}
