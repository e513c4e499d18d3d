"""The part of PostgreSQL's protocol that the fault runner needs. It needs no driver and connects in a millisecond."""

import socket
import struct


class Refused(OSError):
    """The server returned an error."""


class Connection:
    def __init__(self, folder, timeout=5.0):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(folder / ".s.PGSQL.5432"))
        names = b"user\0peyvand\0database\0peyvand\0application_name\0chaos\0\0"
        self._socket.sendall(struct.pack("!II", len(names) + 8, 196608) + names)
        self._until_ready()

    def query(self, sql):
        """Returns the rows; each value is text or None."""
        text = sql.encode() + b"\0"
        self._socket.sendall(b"Q" + struct.pack("!I", len(text) + 4) + text)
        return self._until_ready()

    def close(self):
        self._socket.close()

    def _until_ready(self):
        rows, fault = [], None
        while True:
            kind, size = struct.unpack("!cI", self._exactly(5))
            body = self._exactly(size - 4)
            if kind == b"D":
                rows.append(row_of(body))
            elif kind == b"E":
                fault = dict((field[:1], field[1:]) for field in body.split(b"\0") if field)
                if fault.get(b"S") in (b"FATAL", b"PANIC"):
                    raise Refused(fault[b"M"].decode())
            elif kind == b"Z":
                if fault:
                    raise Refused(fault[b"M"].decode())
                return rows

    def _exactly(self, size):
        found = b""
        while len(found) < size:
            piece = self._socket.recv(size - len(found))
            if not piece:
                raise OSError("the database closed the connection")
            found += piece
        return found


def row_of(body):
    count, at, row = struct.unpack_from("!H", body)[0], 2, []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        row.append(None if size < 0 else body[at:at + size].decode())
        at += max(size, 0)
    return row


def ask(folder, sql):
    """Runs one query on a new connection."""
    connection = Connection(folder)
    try:
        return connection.query(sql)
    finally:
        connection.close()
