"""`shipline webhooks` in two containers: the one that faces the internet, and the one that does something about what it keeps.

`python -m pipeline_defs.cli.webhook_processes receive PORT` needs the folder `deliveries` of the home and nothing else: no app's file, no
other secret, no database, no way to the Engine or to the definitions. `… look FILE` has all of these and listens nowhere.
"""

import logging
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from pipeline_defs.config import Home
from pipeline_defs.config.process_protection import protect_process

_SENDERS = "senders.json"
_LOOK_SECONDS = 0.25
"""How often the inbox is looked at: nobody wakes a process that is in another container."""

_log = logging.getLogger(__name__)


def receive(folder: Path, port: int) -> None:
    """Accept and keep deliveries until SIGTERM or SIGINT. Raises sqlite3.Error where there is no inbox to keep them in."""
    from pipeline_defs.github.webhooks.http_server import serve
    from pipeline_defs.github.webhooks.inbox import Inbox
    from pipeline_defs.github.webhooks.receiver import Receiver
    from pipeline_defs.github.webhooks.webhook_senders import SendersFile

    senders = SendersFile(folder / _SENDERS)
    receiver = Receiver(senders.all, Inbox(folder / "deliveries.db"), lambda: None, lambda: True)
    serve(receiver.application(), "0.0.0.0", port)


def look(home: Home, alive: Path) -> None:
    """Act on what is kept, and tell the receiver by which secrets to know what comes, until SIGTERM or SIGINT.

    `alive` is touched while all is well.
    """
    from pipeline_defs.cli.webhooks_command import code_address
    from pipeline_defs.github.webhooks.delivery_worker import Worker
    from pipeline_defs.github.webhooks.inbox import Inbox
    from pipeline_defs.github.webhooks.webhook_apps import Apps
    from pipeline_defs.github.webhooks.webhook_senders import write_senders

    ended = threading.Event()

    def end(*_: Any) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    apps = Apps(home.apps)
    worker = Worker(apps, Inbox(home.deliveries / "deliveries.db"), lambda: code_address(home), _LOOK_SECONDS)
    worker.start()
    while worker.is_alive() and not ended.wait(1.0):
        try:
            write_senders(home.deliveries / _SENDERS, apps.senders())
        except OSError as error:
            _log.error("the receiver cannot be told by which secrets to know deliveries: %s", error)
            ended.wait(10.0)
            continue
        alive.touch()
    worker.end()
    worker.join(5)
    if not ended.is_set():
        sys.exit("the thread that looks at deliveries has ended")


def main(word: str, *words: str) -> None:
    """Do one of both. Ends with one sentence where the inbox cannot be opened."""
    from pipeline_defs.runtime.program_log import write_log

    protect_process()
    write_log()
    try:
        if word == "receive":
            receive(Path(os.environ["SHIPLINE_DELIVERIES"]), int(words[0]))
        else:
            home = Home.find()
            home.deliveries.mkdir(mode=0o700, exist_ok=True)
            look(home, Path(words[0]))
    except sqlite3.Error as error:
        sys.exit(f"the deliveries cannot be opened: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
