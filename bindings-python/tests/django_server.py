"""Serves a Django application with several workers: ``python django_server.py wsgi|asgi PORT WORKERS``."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def serve_wsgi(listener: socket.socket, port: int) -> None:
    from django.core.wsgi import get_wsgi_application

    with Server(("127.0.0.1", port), Quiet, bind_and_activate=False) as server:
        server.socket.close()
        server.socket = listener
        server.server_name, server.server_port = "127.0.0.1", port
        server.setup_environ()
        server.set_app(get_wsgi_application())
        server.serve_forever()


def serve_asgi(listener: socket.socket) -> None:
    import uvicorn
    from django.core.asgi import get_asgi_application

    server = uvicorn.Server(uvicorn.Config(get_asgi_application(), log_level="warning", lifespan="off"))
    asyncio.run(server.serve([listener]))


def main(kind: str, port: int, workers: int) -> None:
    with socket.create_server(("127.0.0.1", port), backlog=100) as listener:
        for _ in range(workers - 1):
            if os.fork() == 0:
                break
        if kind == "wsgi":
            serve_wsgi(listener, port)
        else:
            serve_asgi(listener)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
