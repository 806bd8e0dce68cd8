"""`leadsmart preview` attacked: foreign names, paths out of the site, odd requests, clients that say nothing."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadsmart.report.site import preview

SERVE = (
    "import sys, pathlib; from leadsmart.report.site import preview; preview._PATIENCE_SECONDS = 1; "
    "preview.serve_site(pathlib.Path(sys.argv[1]), 0, lambda address: print(address, flush=True))"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "secret.csv").write_text("secret")
    site = folder / "site"
    (site / "pages").mkdir(parents=True)
    (site / "index.html").write_text("<h1>Report</h1>")
    (site / "pages" / "table.csv").write_text("a,b\n1,2\n")
    (site / "out.csv").symlink_to(folder / "secret.csv")
    (site / "outside").symlink_to(folder)
    return site


@pytest.fixture(scope="module")
def port(site: Path) -> Iterator[int]:
    command = [sys.executable, "-c", SERVE, str(site)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(re.search(r":(\d+)/", process.stdout.readline())[1])
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def ask(port: int, target: str, host: str | None = None, method: str = "GET") -> tuple[int, str]:
    """Status and the whole answer of a request, written as it stands."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: {host or f'127.0.0.1:{port}'}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    text = answer.decode()
    return int(text.split()[1]), text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_own_names_are_answered(port: int, host: str):
    status, text = ask(port, "/", f"{host}:{port}")
    assert status == 200
    assert "<h1>Report</h1>" in text


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example#localhost", "xlocalhost", "10.0.0.1", '""'],
)
def test_foreign_names_get_nothing(port: int, host: str):
    for target in ("/", "/pages/table.csv"):
        status, text = ask(port, target, host)
        assert status in (400, 421)
        assert "Report" not in text
        assert "1,2" not in text


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.csv",
        "/%2e%2e/secret.csv",
        "/..%2fsecret.csv",
        "/pages/../../secret.csv",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/etc/passwd",
        "/out.csv",
        "/outside/secret.csv",
        "/outside/",
        "/pages/",
        "/pages",
        "/%00",
        "/index.html%00.csv",
        "/..\\secret.csv",
        "/" + "a" * 5_000,
        "/%ff%fe",
        "http://evil.example/secret.csv",
    ],
)
def test_nothing_but_files_of_the_site(port: int, target: str):
    status, text = ask(port, target)
    assert status in (301, 400, 403, 404, 421), text
    assert "secret" not in text.split("\r\n\r\n", 1)[1]
    assert "root:" not in text
    assert "table.csv" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_reading(port: int, method: str):
    assert ask(port, "/", method=method)[0] in (400, 405)


def test_headers_keep_the_pages_to_themselves(port: int):
    status, text = ask(port, "/pages/table.csv")
    assert status == 200
    assert "X-Content-Type-Options: nosniff" in text
    assert f"Content-Security-Policy: {preview.CONTENT_SECURITY_POLICY}" in text
    assert "Cross-Origin-Resource-Policy: same-origin" in text
    assert "Access-Control-Allow-Origin" not in text


def test_slow_and_silent_clients_are_let_go_and_hold_nobody_up(port: int):
    slow = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(100)]
    for connection in slow[::2]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
    assert ask(port, "/")[0] == 200
    started = time.monotonic()
    for connection in slow:
        assert connection.recv(65_536) == b""
        connection.close()
    assert time.monotonic() - started < 9


def test_a_header_without_end_is_refused(port: int):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000)
        with contextlib.suppress(ConnectionResetError):
            assert b"200" not in connection.recv(100)
    assert ask(port, "/")[0] == 200


def test_only_the_loopback_address_listens(port: int):
    listening = Path("/proc/net/tcp")
    if not listening.is_file():
        pytest.skip("no /proc here")
    found = [line.split()[1] for line in listening.read_text().splitlines() if f":{port:04X} " in line]
    assert f"0100007F:{port:04X}" in found
    assert not any(address.startswith("00000000") for address in found)
