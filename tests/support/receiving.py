"""The receiver of webhooks alone, in a process of its own: `python -m tests.support.receiving FOLDER PORT`."""

import sys
from pathlib import Path

from pipeline_defs.webhooks import server
from pipeline_defs.webhooks.apps import Apps
from pipeline_defs.webhooks.inbox import Inbox
from pipeline_defs.webhooks.receiver import Receiver

SECRET = "a secret of these tests"
IDLE = 8.0
"""The age, in seconds, at which this receiver closes a silent connection, which is shorter than elsewhere."""
VARIABLE = "SHIPLINE_TEST_WEBHOOKS"
APP = """
repository: acme/shop
image: 127.0.0.1:9/team/shop
github: {token: {env: SHIPLINE_TEST_WEBHOOKS}, webhook_secret: {env: SHIPLINE_TEST_WEBHOOKS}}
environments:
  production: {hosts: a.example.org, directory: /opt/shop, compose: production.yml}
"""


def receiver(folder: Path) -> Receiver:
    """A receiver for one app, whose file is written into the folder."""
    (folder / "apps").mkdir(exist_ok=True)
    (folder / "apps" / "shop.yaml").write_text(APP)
    return Receiver(Apps(folder / "apps").senders, Inbox(folder / "deliveries.db"), lambda: None, lambda: True)


if __name__ == "__main__":
    server.IDLE_SECONDS = IDLE
    server.serve(receiver(Path(sys.argv[1])).application(), "127.0.0.1", int(sys.argv[2]))
