"""The signature of deliveries: GitHub's own vector, and everything that is not it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config.secret import Secret
from pipeline_defs.github.webhooks.signature import is_signed

# https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
SECRET = Secret("It's a Secret to Everybody")
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_vector_of_githubs_documentation() -> None:
    assert is_signed(BODY, SIGNATURE, SECRET)


@pytest.mark.parametrize(
    "signature",
    ["", SIGNATURE[:-1], SIGNATURE + "0", SIGNATURE.upper(), SIGNATURE.removeprefix("sha256="), "sha1=é", "\udcff"],
)
def test_a_signature_that_is_not_quite_it(signature: str) -> None:
    assert not is_signed(BODY, signature, SECRET)


@given(st.binary(), st.text())
def test_other_bytes_or_another_secret_have_another_signature(body: bytes, secret: str) -> None:
    assert is_signed(body, SIGNATURE, SECRET) == (body == BODY)
    if secret.isascii():
        assert is_signed(BODY, SIGNATURE, Secret(secret)) == (Secret(secret) == SECRET)


def test_an_empty_secret_signs_nothing() -> None:
    import hashlib
    import hmac

    signature = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not is_signed(BODY, signature, Secret(""))
