"""In a network of its own: a name server that changes its mind, asked by the system's own resolver.

``unshare --user --map-root-user --net --mount python -m tests.webhooks.rebinding`` prints what came of it as JSON.
"""

import fcntl
import json
import socket
import struct
import subprocess
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

HOST, FIRST, LATER = "rebind.example.org", "127.0.0.1", "127.0.0.2"
_A, _UP = 1, 0x1
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914


class NameServer:
    """Answers with the first address once, with the later one ever after, and asks nobody to remember either."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            question, peer = self.socket.recvfrom(4096)
            self.socket.sendto(self._answer(question), peer)

    def _answer(self, question: bytes) -> bytes:
        """The header, the question again, and for an address one record with a time to live of 0."""
        end = question.index(b"\0", 12) + 5
        (kind,) = struct.unpack("!H", question[end - 4 : end - 2])
        answers = b""
        if kind == _A:
            ip = LATER if self.asked else FIRST
            self.asked.append(ip)
            answers = b"\xc0\x0c" + struct.pack("!HHIH", _A, 1, 0, 4) + socket.inet_aton(ip)
        header = question[:2] + struct.pack("!HHHHH", 0x8580, 1, bool(answers), 0, 0)
        return header + question[12:end] + answers


def network_of_its_own() -> None:
    """Switch the loopback on, and lead every lookup to this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sH14x", b"lo", 0)
        (_name, flags) = struct.unpack("16sH14x", fcntl.ioctl(any_socket, _GET_FLAGS, asked))
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))
    folder = Path(tempfile.mkdtemp())
    for name, text in (("resolv.conf", "nameserver 127.0.0.1\n"), ("nsswitch.conf", "hosts: dns\n")):
        (folder / name).write_text(text)
        if Path(f"/etc/{name}").exists():
            subprocess.run(["mount", "--bind", str(folder / name), f"/etc/{name}"], check=True)


def main() -> None:
    """Send twice to a name that is harmless when it is first looked up."""
    settings.configure(WEBHOOK_NETWORKS=[f"{FIRST}/32"], WEBHOOK_PORTS=[], USE_I18N=False)
    from hitl.webhooks import addresses, sending  # noqa: PLC0415 - after the settings
    from tests.webhooks.receivers import OK, Receiver  # noqa: PLC0415 - the same

    network_of_its_own()
    server, listeners = NameServer(), []
    honest, canary = Receiver(answers=[OK]), Receiver(answers=[OK])
    for ip, receiver in ((FIRST, honest), (LATER, canary)):
        listeners.append(socket.create_server((ip, 8080)))
        threading.Thread(target=receiver.serve, args=(listeners[-1],), daemon=True).start()
    url, at = f"http://{HOST}:8080/hook", datetime.now(UTC)
    first = addresses.target(url)
    status = sending.post(first, {}, b"{}", at=at).status
    try:
        refused = f"sent to {addresses.target(url).ips}"
    except addresses.UnfitAddressError as error:
        refused = str(error)
    again = sending.post(first, {}, b"{}", at=at).status
    told = {"statuses": [status, again], "refused": refused, "asked": server.asked}
    print(json.dumps(told | {"honest": honest.connections, "canary": canary.connections}))  # noqa: T201 - read by the test


if __name__ == "__main__":
    main()
