"""A proxy in front of each server, with network faults: cut, delay, half-open connections, and answers to commits that
are lost."""

import asyncio
import contextlib
import struct
import threading

# PostgreSQL's simple query COMMIT, and the API key of Kafka's EndTxn request.
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
END_TXN = 26
PIECE = 1 << 16


def commits_in_postgres(data):
    return COMMIT in data


def commits_in_kafka(data):
    return len(data) > 6 and struct.unpack_from("!h", data, 4)[0] == END_TXN


class Link:
    """A client's connection and the proxy's connection to the server."""

    def __init__(self, client, server, frame_filter=None):
        """`frame_filter`: passes each frame on, or changes or drops it."""
        self.client, self.server, self._filter = client, server, frame_filter
        self.loses_answer = False
        # The side that a half-open fault left connected, whether that is permanent, and the signal to stop forwarding.
        self.left, self.permanent, self.stop = None, False, asyncio.Event()

    def reset(self):
        for writer in (self.client, self.server):
            writer.transport.abort()

    async def passed(self, data, is_request):
        if self._filter is None:
            return data
        return await (self._filter.request(data) if is_request else self._filter.answer(data))


class Proxy:
    """The proxy of one server. Its methods may be called from any thread."""

    def __init__(self, name, port, reach, commits, rules=None):
        """`reach`: a coroutine function that connects to the server; `commits`: whether these bytes request a commit.

        `rules`: the faults of single requests."""
        self.name, self.port, self._reach, self._commits, self._rules = name, port, reach, commits, rules
        self._links = set()
        self._refuses, self._delay, self._lost, self._seen = False, 0.0, 0, 0
        self.lost_answers = 0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name=f"proxy-{name}", daemon=True).start()
        self._run(asyncio.start_server(self._serve, "127.0.0.1", port))

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _call(self, act, *arguments):
        self._loop.call_soon_threadsafe(act, *arguments)

    def cut(self):
        """Resets every connection and refuses new ones until `heal`."""
        self._refuses = True
        self._call(self._reset_all)

    def delay(self, seconds):
        """Delays each chunk of bytes by this many seconds, until `heal`."""
        self._delay = seconds

    def half_open(self, side, permanent=False):
        """Closes every connection to the other side. The connection to `side` (client or server) stays open and
        receives nothing until `heal` resets it; with `permanent` it is never reset."""
        self._call(self._leave, side, permanent)

    def lose_answers(self, every):
        """Every `every`-th commit reaches the server, but its answer is dropped and the connection closed. 0 ends
        this."""
        self._lost = every

    def heal(self):
        self._refuses, self._delay, self._lost = False, 0.0, 0
        self._call(self._reset_left)

    def _reset_all(self):
        for link in list(self._links):
            link.reset()

    def _leave(self, side, permanent):
        for link in list(self._links):
            link.left, link.permanent = side, permanent
            link.stop.set()
            (link.server if side == "client" else link.client).transport.abort()

    def _reset_left(self):
        for link in list(self._links):
            if link.left and not link.permanent:
                link.reset()

    async def _serve(self, reader, writer):
        if self._refuses:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await self._reach()
        except OSError:
            writer.transport.abort()
            return
        link = Link(writer, server_writer, self._rules and self._rules.filter_for(writer.write))
        self._links.add(link)
        try:
            await self._until_ended(link, reader, server_reader)
        finally:
            self._links.discard(link)
            link.reset()

    async def _until_ended(self, link, reader, server_reader):
        pumps = [
            asyncio.ensure_future(self._pump(link, reader, link.server, True)),
            asyncio.ensure_future(self._pump(link, server_reader, link.client, False)),
            asyncio.ensure_future(link.stop.wait()),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        if link.left:
            left = link.client if link.left == "client" else link.server
            with contextlib.suppress(RuntimeError):
                left.transport.pause_reading()
            while not left.transport.is_closing():
                await asyncio.sleep(0.1)

    async def _pump(self, link, reader, writer, is_request):
        with contextlib.suppress(OSError):
            while data := await reader.read(PIECE):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if is_request and self._lost and self._commits(data):
                    self._seen += 1
                    link.loses_answer = self._seen % self._lost == 0
                elif not is_request and link.loses_answer:
                    self.lost_answers += 1
                    return
                writer.write(await link.passed(data, is_request))
                await writer.drain()
