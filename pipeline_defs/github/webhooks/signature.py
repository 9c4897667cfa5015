"""Signature: who sent a delivery is known by it, and by nothing else.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hashlib
import hmac
import re

from pipeline_defs.config.secret import Secret

WELL_FORMED = re.compile(r"sha256=[0-9a-f]{64}")
"""What the header X-Hub-Signature-256 looks like, whoever made it."""


def is_signed(body: bytes | bytearray, signature: str, secret: Secret) -> bool:
    """True when `signature`, the header X-Hub-Signature-256, was made with the secret over these very bytes.

    Takes as long for a wrong signature as for the right one, so nobody can guess it bit by bit. An empty secret signs nothing.
    """
    key = secret.reveal().encode()
    wanted = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode(errors="replace")) and bool(key)
