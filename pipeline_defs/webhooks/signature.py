"""Signature: who sent a delivery is known by it, and by nothing else.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hashlib
import hmac

from pipeline_defs.config.secret import Secret


def is_signed(body: bytes, signature: str, secret: Secret) -> bool:
    """True when `signature`, the header X-Hub-Signature-256, was made with the secret over these very bytes.

    Takes as long for a wrong signature as for the right one, so nobody can guess it bit by bit. An empty secret signs nothing.
    """
    key = secret.reveal().encode()
    wanted = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode(errors="replace")) and bool(key)
