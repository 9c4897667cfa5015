"""The receiver of webhooks alone, in a process of its own: `python -m tests.support.receiving FOLDER PORT`."""

import hashlib
import hmac
import json
import sys
from pathlib import Path

from pipeline_defs.github.webhooks import http_server
from pipeline_defs.github.webhooks.inbox import Inbox
from pipeline_defs.github.webhooks.receiver import Receiver
from pipeline_defs.github.webhooks.webhook_apps import Apps

SECRET = "a secret of these tests"
IDLE = 8.0
"""The age, in seconds, at which this receiver closes a silent connection, which is shorter than elsewhere."""
VARIABLE = "SHIPLINE_TEST_WEBHOOKS"
BODY = json.dumps({"ref": "refs/heads/main", "repository": {"full_name": "acme/shop"}}).encode()
APP = """
repository: acme/shop
image: 127.0.0.1:9/team/shop
github: {token: {env: SHIPLINE_TEST_WEBHOOKS}, webhook_secret: {env: SHIPLINE_TEST_WEBHOOKS}}
environments:
  production: {hosts: a.example.org, directory: /opt/shop, compose: production.yml}
"""


def signed(body: bytes, secret: str = SECRET) -> str:
    """The header X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def right_headers(body: bytes = BODY) -> dict[str, str]:
    """Those of a delivery as GitHub makes it."""
    return {
        "content-length": str(len(body)),
        "x-hub-signature-256": signed(body),
        "x-github-delivery": "12345678-1234-1234-1234-123456789012",
        "x-github-event": "push",
    }


def receiver(folder: Path) -> Receiver:
    """A receiver for one app, whose file is written into the folder."""
    (folder / "apps").mkdir(exist_ok=True)
    (folder / "apps" / "shop.yaml").write_text(APP)
    return Receiver(Apps(folder / "apps").senders, Inbox(folder / "deliveries.db"), lambda: None, lambda: True)


if __name__ == "__main__":
    http_server.IDLE_SECONDS = IDLE
    http_server.serve(receiver(Path(sys.argv[1])).application(), "127.0.0.1", int(sys.argv[2]))
