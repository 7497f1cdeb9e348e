"""Real network access raises: in the test process, and (by sitecustomize.py beside this file) in those it starts.

An audit hook, because it sees what every library does below `socket`, needs no import of `socket`, and cannot be
undone by a test that forgets to.
"""

import sys


class RealNetworkUsed(RuntimeError):
    """A test, or a program started by one, reached for a machine that is not this one."""


_BY_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_BY_NAME = {"socket.getaddrinfo", "socket.gethostbyname"}


def is_local(host: object) -> bool:
    """Loopback, or what names no internet host: nothing at all, a path of a Unix socket, a netlink number."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return True
    return host in ("", "localhost", "::", "::1", "0.0.0.0") or host.startswith("127.")


def _audit(event: str, args: tuple) -> None:
    if event in _BY_ADDRESS:
        # An internet address is a tuple that begins with the host; a Unix socket's is a plain path.
        host = args[1][0] if isinstance(args[1], tuple) else None
    elif event in _BY_NAME:
        host = args[0]
    else:
        return
    if not is_local(host):
        raise RealNetworkUsed(f"{event} to {host!r}: tests talk to this machine only")


def install() -> None:
    """From here to the end of this process."""
    sys.addaudithook(_audit)
