"""The REST API of configurable-http-proxy, without the proxy: keeps routes, says which there are."""

import http.server
import json
import sys
from urllib.parse import unquote

ROUTES = {}


class Routes(http.server.BaseHTTPRequestHandler):
    def _path(self):
        return unquote(self.path.removeprefix("/api/routes")) or "/"

    def _answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self._answer(200, json.dumps(ROUTES).encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ROUTES[self._path()] = body
        self._answer(201)

    def do_DELETE(self):
        self._answer(204 if ROUTES.pop(self._path(), None) else 404)

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Routes).serve_forever()
