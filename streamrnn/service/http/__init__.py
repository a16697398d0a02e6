"""One HTTP port: `/metrics`, `/healthz`, `/readyz`, and a page for people with its JSON.

server          HttpServer: socket and thread around uvicorn
  connections   how many, and how long each may take
access          from the settings: who may ask, and over TLS or not
  guards        what surrounds the routes: token, host, security headers
routes          http_app: read-only, GET and HEAD

Health answers at once from the event loop; whatever reads a snapshot runs in a worker thread, so
that a slow scrape delays neither health nor other clients.
"""

from streamrnn.service.http.server import HttpServer

__all__ = ["HttpServer"]
