"""Mirrors on this machine: a server with good files, missing ones, wrong ones and connections that are cut."""

import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chainrule.data.sources import File, Source


class _Handler(BaseHTTPRequestHandler):
    """``/good/NAME`` gives the file, ``/wrong/NAME`` another, ``/cut/NAME`` half of it, all else status 404.

    ``/slow/NAME`` gives half of it, sets the server's event ``halfway``, and goes on after ``go_on``.
    """

    def do_GET(self):
        self.server.asked.append(self.path)
        _, kind, name = self.path.split("/")
        content = self.server.contents.get(name)
        if kind not in ("good", "wrong", "cut", "slow") or content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[::-1][:half] if kind == "wrong" else content[:half])
        if kind == "slow":
            self.server.halfway.set()
            self.server.go_on.wait()
        if kind != "cut":
            self.wfile.write(content[::-1][half:] if kind == "wrong" else content[half:])

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def serving(contents):
    """Serve these files, name -> bytes, on a free port; the server's ``asked`` are the paths that were asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.contents, server.asked = dict(contents), []
    server.halfway, server.go_on = threading.Event(), threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


def source_of(name, contents, *mirrors):
    """A source whose files have these mirrors, such as ``http://127.0.0.1:8000/good``."""
    files = [
        File(file, len(content), hashlib.sha256(content).hexdigest(), tuple(f"{mirror}/{file}" for mirror in mirrors))
        for file, content in contents.items()
    ]
    return Source(name, "a few bytes", "Nobody's.", tuple(files))
