"""A server's key is taken where known_hosts trusts it, and in no other case: by real handshakes on loopback."""

from pathlib import Path

import paramiko
import pytest

from pipeline_defs.config import Host
from pipeline_defs.resources.host_keys import HostKeyDiffers, trust
from tests.support.shown_keys import KEYS, RIGHT, WRONG, tried


@pytest.mark.parametrize("name", RIGHT)
def test_a_key_that_is_trusted_is_taken(name: str, tmp_path: Path) -> None:
    seen = tried(RIGHT[name], "ecdsa-256", tmp_path)
    assert (seen.accepted, "refuses the user" in seen.said) == (True, True), seen.said


@pytest.mark.parametrize("name", WRONG)
def test_any_other_key_is_refused_before_anybody_logs_in(name: str, tmp_path: Path) -> None:
    seen = tried(WRONG[name], "ecdsa-256", tmp_path)
    assert not seen.accepted
    words = {
        "revoked": "as @revoked",
        "authority": "@cert-authority are not used",
        "changed": "CHANGED",
        "downgraded": "CHANGED",
    }
    assert words.get(name.partition(" ")[0].strip(","), "is not in") in seen.said, seen.said


def test_a_revoked_key_is_not_trusted_anew(tmp_path: Path) -> None:
    file, key = tmp_path / "known_hosts", KEYS["ecdsa-256"]
    file.write_text(f"@revoked * {key.get_name()} {key.get_base64()}\n")
    with pytest.raises(HostKeyDiffers, match=r"as @revoked; give root@shop\.example\.org:22 a new key"):
        trust(Host(address="shop.example.org", known_hosts=file), [key, paramiko.ECDSAKey.generate()], replace=True)
