#!/usr/bin/env python3
"""A link with a delay on 127.0.0.1: delay_proxy.py PORT MILLISECONDS prints its own port and hands every connection on to PORT,
each byte MILLISECONDS later in either direction. Runs until it is killed."""
import collections
import socket
import sys
import threading
import time

MOST = 64 << 20  # bytes under way, far more than SSH's windows let through


def carry(source, target, seconds):
    """Bytes from one socket to the other; two threads, so that sending never delays the receipt."""
    queue, changed, held = collections.deque(), threading.Condition(), 0

    def send():
        nonlocal held
        while True:
            with changed:
                while not queue:
                    changed.wait()
                due, data = queue.popleft()
                held -= len(data)
                changed.notify()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    return target.shutdown(socket.SHUT_WR)
                target.sendall(data)
            except OSError:
                return source.close()

    threading.Thread(target=send, daemon=True).start()
    data = b"x"
    while data:
        try:
            data = source.recv(1 << 18)
        except OSError:
            data = b""
        with changed:
            while held > MOST:
                changed.wait()
            queue.append((time.monotonic() + seconds, data))
            held += len(data)
            changed.notify()


def main():
    port, seconds = int(sys.argv[1]), float(sys.argv[2]) / 1000
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        near, _ = listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", port))
        except OSError:  # nobody listens now: so it is for who asks
            near.close()
            continue
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for ends in ((near, far), (far, near)):
            threading.Thread(target=carry, args=(*ends, seconds), daemon=True).start()


main()
