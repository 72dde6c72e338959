"""A single-user server in a few lines: listens where it was told, and writes down its environment and arguments."""

import http.server
import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
Path("server.json").write_text(json.dumps({"environment": dict(os.environ), "arguments": sys.argv, "pid": os.getpid()}))
time.sleep(float(os.environ.get("SLOW_START", "0")))


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer((url.hostname, url.port), Answer).serve_forever()
