"""A proxy before each server, and the faults of a network: cut, delay, half-open, and an answer that is lost after the commit."""

import asyncio
import contextlib
import struct
import threading

# A frontend's simple query COMMIT; Kafka's EndTxn request is the 26th of its kinds.
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
END_TXN = 26
PIECE = 1 << 16


def commits_in_postgres(data):
    return COMMIT in data


def commits_in_kafka(data):
    return len(data) > 6 and struct.unpack_from("!h", data, 4)[0] == END_TXN


class Link:
    """One client's connection and ours to the server."""

    def __init__(self, client, server, talk=None):
        """`talk`: passes on what is said, or something else."""
        self.client, self.server, self._talk = client, server, talk
        self.loses_answer = False
        # Which side was left behind by a half-open fault, and the signal to stop passing things on.
        self.left, self.for_good, self.stop = None, False, asyncio.Event()

    def reset(self):
        for writer in (self.client, self.server):
            writer.transport.abort()

    async def passed(self, data, is_request):
        if self._talk is None:
            return data
        return await (self._talk.request(data) if is_request else self._talk.answer(data))


class Proxy:
    """Its methods may be called from any thread."""

    def __init__(self, name, port, reach, commits, rules=None):
        """`reach`: a coroutine function that opens a connection to the server; `commits`: does this piece ask for a commit?

        `rules`: harm to single requests."""
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
        """Resets every connection, and refuses new ones until `heal`."""
        self._refuses = True
        self._call(self._reset_all)

    def delay(self, seconds):
        """Each piece comes so much later, until `heal`."""
        self._delay = seconds

    def half_open(self, side, for_good=False):
        """The other side goes; who is at `side` (client or server) hears nothing more, and is not told until `heal`, or never."""
        self._call(self._leave, side, for_good)

    def lose_answers(self, every):
        """Each commit of so many reaches the server, and its answer is lost with the connection; none with 0."""
        self._lost = every

    def heal(self):
        self._refuses, self._delay, self._lost = False, 0.0, 0
        self._call(self._reset_left)

    def _reset_all(self):
        for link in list(self._links):
            link.reset()

    def _leave(self, side, for_good):
        for link in list(self._links):
            link.left, link.for_good = side, for_good
            link.stop.set()
            (link.server if side == "client" else link.client).transport.abort()

    def _reset_left(self):
        for link in list(self._links):
            if link.left and not link.for_good:
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
        link = Link(writer, server_writer, self._rules and self._rules.talk(writer.write))
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
