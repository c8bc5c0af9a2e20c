"""Connections that break as they do in a network: without a word."""

import contextlib
import socket
import threading


class Cable:
    """A way to a server's port that can go dead without a word: no FIN, no RST. `near` is the port at this end."""

    def __init__(self, port: int) -> None:
        self.port, self.dead, self._open = port, threading.Event(), True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.near = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._server = threading.Thread(target=self._serve, daemon=True)
        self._server.start()

    def cut(self) -> None:
        """Every connection of now goes dead; new ones work."""
        self.dead.set()
        self.dead = threading.Event()

    def hang_up(self) -> None:
        """Every connection of now ends, and both ends are told: what a network does for one that it has forgotten."""
        for end in list(self._sockets):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._open = False
        # Closing alone does not wake who waits in accept; what it took last must be closed too.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._server.join()
        for end in [self._listener, *self._sockets]:
            end.close()

    def _serve(self) -> None:
        while self._open:
            try:
                near = self._listener.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink, self.dead), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket, dead: threading.Event) -> None:
        try:
            while data := source.recv(65536):
                if dead.is_set():
                    return
                sink.sendall(data)
            if not dead.is_set():
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            return
