#!/usr/bin/env python3
"""An S3 server with one bucket. It prints its address, and ends when its standard input is closed."""
import sys
import urllib.request

from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
address = f"http://{host}:{port}"
urllib.request.urlopen(urllib.request.Request(f"{address}/{sys.argv[1]}", method="PUT")).read()
print(address, flush=True)
sys.stdin.read()
server.stop()
