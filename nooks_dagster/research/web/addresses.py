"""Which addresses may be called: those of the public internet, so that no name leads inside a network.

Belongs here: the judgement on an address, and resolving a name once. Does not: connecting (`research.web.streams`).
"""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from ipaddress import IPv4Address, ip_address, ip_network

Resolve = Callable[[str, float], Sequence[str]]
"""From a host name, within some seconds, to its addresses; none when it has none or nobody answers in time."""

# 2000::/3 is all that is assigned for the public; NAT64, IPv4-mapped and site-local addresses are outside. 6to4 carries
# an IPv4 address within, and 168.63.129.16 is public by its number only: the host of a virtual machine in Azure.
_PUBLIC_6, _SIX_TO_FOUR = ip_network("2000::/3"), ip_network("2002::/16")
_AZURE_HOST = IPv4Address("168.63.129.16")
_AT_ONCE = 256
"""A name whose servers hang keeps its thread up to 40 s, four times as long as a look waits for it: of 32 looks at once
all may meet such names, one after the other, and the next good name must not wait behind them."""


def is_public(address: str) -> bool:
    """Say whether an address, as a resolver returns it, belongs to the public internet."""
    try:
        ip = ip_address(address)
    except ValueError:  # with a zone, or none at all
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and ip != _AZURE_HOST
    return ip.is_global and ip in _PUBLIC_6 and ip not in _SIX_TO_FOUR


class SystemResolver:
    """Asks the system's resolver, which knows no time-out, from threads that can be left behind."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="resolver")

    def __call__(self, host: str, seconds: float) -> Sequence[str]:
        """Return the addresses of a host, IPv4 first: of a host with both, that one works everywhere."""
        asked = self._threads.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
        try:
            found = asked.result(seconds)
        except (OSError, UnicodeError, TookTooLong):
            asked.cancel()
            return ()
        addresses = dict.fromkeys(str(address[0]) for *_, address in found)
        return sorted(addresses, key=lambda address: ":" in address)
