"""The site served on this machine: for a browser here, and for no page of another site.

A page on another host can make this browser ask for any address, also under a name of its own that leads here (DNS
rebinding). So only the machine's own names are answered, and only with files that lie in the site.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from leadsmart.errors import ParameterError

#: The names under which this machine asks itself.
_HOSTS: Final = r"(127\.0\.0\.1|localhost|\[::1\])"
#: Nothing of the site is loaded from elsewhere, nor sent there. Pages of the renderer have scripts in themselves.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
#: A client that sends no whole request within this many seconds is let go.
_PATIENCE_SECONDS: Final = 10
_LARGEST_HEADER: Final = 16_384


class _Refused(RequestHandler):
    """Answers a request under a name that is not this machine's."""

    def prepare(self) -> None:
        raise HTTPError(421)


class _SiteFile(StaticFileHandler):
    """A file of the site; never a listing, nor what a link leads to outside of it."""

    def set_default_headers(self) -> None:
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def parse_url_path(self, url_path: str) -> str:
        if "\0" in url_path:
            raise HTTPError(400)
        return super().parse_url_path(url_path)


def serve_site(site: Path, port: int, announce: Callable[[str], None]) -> None:
    """Serve a site on the loopback address until SIGINT or SIGTERM.

    Parameters
    ----------
    site : Path
        Its folder.
    port : int
        0 takes a free one.
    announce : callable
        Given the address once it is served.

    Raises
    ------
    ParameterError
        If there is no site, or the port is taken.
    """
    if not (site / "index.html").is_file():
        raise ParameterError(
            "there is no site to serve", remedy="Start with `leadsmart run`", file=os.path.relpath(site)
        )
    # requests are not of interest, refused ones neither
    logging.getLogger("tornado").setLevel(logging.CRITICAL)
    asyncio.run(_serve(site, port, announce))


async def _serve(site: Path, port: int, announce: Callable[[str], None]) -> None:
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise ParameterError(
            f"port {port} can't be used: {error.strerror}", remedy="Give another one with --port, or --port 0"
        ) from error
    application = Application(default_handler_class=_Refused)
    application.add_handlers(
        _HOSTS, [(r"/(.*)", _SiteFile, {"path": str(site), "default_filename": "index.html"})]
    )
    server = HTTPServer(
        application,
        idle_connection_timeout=_PATIENCE_SECONDS,
        body_timeout=_PATIENCE_SECONDS,
        max_header_size=_LARGEST_HEADER,
        max_body_size=0,
    )
    listening.setblocking(False)
    server.add_socket(listening)
    announce(f"http://127.0.0.1:{listening.getsockname()[1]}/")
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        # on Windows Ctrl-C comes as KeyboardInterrupt
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    server.stop()
    await server.close_all_connections()
