"""A user of its own on a server, made by the very commands of docs/server.md, and what its key must not be able to do."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

from pipeline_defs.config import Host
from pipeline_defs.config.home import PROJECT
from pipeline_defs.resources.ssh_login import connect
from tests.testbed.server import Server

USER, FOLDER = "shipline", "/opt/shipline"

_BLOCK = re.compile(r"^## A user of its own$.*?^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SOMEBODY_ELSE = """
useradd --create-home --shell /bin/sh neighbour
mkdir -p /srv/neighbour /var/spool/cron/crontabs /etc/cron.d /etc/docker
for file in /srv/neighbour/.env /home/neighbour/private /var/spool/cron/crontabs/neighbour; do echo secret >$file; chmod 600 $file; done
chmod 700 /srv/neighbour /home/neighbour /var/spool/cron/crontabs; touch /etc/docker/daemon.json
"""
_FORGET = """
pkill -KILL -u shipline; userdel --force --remove shipline; userdel --force --remove neighbour
rm -rf /opt/shipline /srv/neighbour /etc/cron.d/of-shipline /etc/of-shipline /usr/local/bin/of-shipline; :
"""

SCRIPTS = {
    "read the passwords": "cat /etc/shadow",
    "change the users": ": >>/etc/passwd",
    "read the host's key": "cat /etc/ssh/ssh_host_ed25519_key",
    "change the SSH server's settings": ": >>/etc/ssh/sshd_config",
    "look into root's home": "ls -A /root",
    "let itself in as root": ": >>/root/.ssh/authorized_keys",
    "write into /etc": ": >>/etc/of-shipline",
    "install a program": ": >>/usr/local/bin/of-shipline",
    "look into another project's folder": "ls -A /srv/neighbour",
    "read another project's secrets": "cat /srv/neighbour/.env",
    "write into another project's folder": ": >>/srv/neighbour/.env",
    "read another user's home": "cat /home/neighbour/private",
    "change another user's crontab": ": >>/var/spool/cron/crontabs/neighbour",
    "add a job of the system": ": >>/etc/cron.d/of-shipline",
    "read the environment of root's programs": "cat /proc/1/environ",
    "signal root's programs": "kill -0 1",
    "change the Engine's settings": ": >>/etc/docker/daemon.json",
    "look into the Engine's files": "ls -A /var/lib/docker",
    "mount": "mount -t tmpfs tmpfs /mnt && umount /mnt",
    "become root": "setpriv --reuid 0 --clear-groups true",
    "become another user": "setpriv --reuid neighbour --clear-groups true",
    "give the machine an address": "ip address add 192.0.2.77/32 dev lo && ip address del 192.0.2.77/32 dev lo",
}
"""Actions by what they are; status 0 means that it could be done. Root can do all of them, and none changes anything."""


def setup(public_key: str) -> str:
    """The commands of docs/server.md, for this key."""
    found = _BLOCK.search((PROJECT / "docs" / "server.md").read_text())
    assert found, "docs/server.md says how a user of its own is made"
    text, replaced = re.subn(r"^KEY='.*?'", f"KEY='{public_key.strip()}'", found[1], flags=re.MULTILINE)
    assert replaced == 1
    return text


@contextmanager
def own_user(server: Server, key: Path, known_hosts: Path) -> Iterator[Host]:
    """The server as that user reaches it; beside it lives somebody else. Both are gone afterwards."""
    made = f"set -eu\n{setup(key.with_suffix('.pub').read_text())}\n{_SOMEBODY_ELSE}"
    try:
        server.exec("sh", "-c", made)
        yield Host(address=server.host, port=server.ssh_port, user=USER, key=key, known_hosts=known_hosts)
    finally:
        server.exec("sh", "-c", _FORGET, check=False)


def allowed(host: Host) -> list[str]:
    """Which of the actions the host's user can do, of `SCRIPTS` and of `FORWARDINGS`."""
    client = connect(host)
    try:
        return [name for name, text in SCRIPTS.items() if _can(client, text)] + [
            name for name, forward in FORWARDINGS.items() if _forwards(forward, client)
        ]
    finally:
        client.close()


def _can(client: paramiko.SSHClient, text: str) -> bool:
    channel = _transport(client).open_session(timeout=20)
    channel.exec_command(f"PATH=$PATH:/usr/sbin:/sbin; {text}")
    channel.makefile().read()
    return channel.recv_exit_status() == 0


def _transport(client: paramiko.SSHClient) -> paramiko.Transport:
    transport = client.get_transport()
    assert transport is not None
    return transport


def _forwards(forward: Callable[[paramiko.SSHClient], object], client: paramiko.SSHClient) -> bool:
    try:
        return forward(client) is not False
    except paramiko.SSHException:
        return False


def _agent(client: paramiko.SSHClient) -> bool:
    channel = _transport(client).open_session(timeout=20)
    channel.request_forward_agent(lambda _: None)
    channel.exec_command('test -n "$SSH_AUTH_SOCK"')
    return channel.recv_exit_status() == 0


FORWARDINGS: dict[str, Callable[[paramiko.SSHClient], object]] = {
    "reach a port of the server": lambda client: _transport(client).open_channel(
        "direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 0), timeout=20
    ),
    "listen at a port of the server": lambda client: _transport(client).request_port_forward("127.0.0.1", 0),
    "forward an SSH agent": _agent,
}
