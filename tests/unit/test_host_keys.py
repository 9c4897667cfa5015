"""known_hosts: what is written there others read, what stands there stays, and another key is never replaced silently."""

import subprocess
from pathlib import Path

import paramiko
import pytest
from paramiko.hostkeys import HostKeys

from pipeline_defs.config import Host
from pipeline_defs.resources.host_keys import HostKeyDiffers, agree, described, name_of, trust, trusted


@pytest.fixture(scope="module")
def keys() -> list[paramiko.PKey]:
    return [paramiko.ECDSAKey.generate(bits=256), paramiko.ECDSAKey.generate(bits=384)]


def host(file: Path, port: int = 22) -> Host:
    return Host(address="shop.example.org", port=port, known_hosts=file)


@pytest.mark.parametrize("port", [22, 2222])
@pytest.mark.parametrize("before", ["", "# a comment\n", "other.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="])
def test_what_is_there_stays_and_the_key_is_found_by_ssh_itself(
    tmp_path: Path, keys: list[paramiko.PKey], before: str, port: int
) -> None:
    file = tmp_path / "known_hosts"
    if before:
        file.write_text(before)
    trust(host(file, port), keys)
    assert file.read_text().startswith(before)
    assert {key.fingerprint for key in trusted(host(file, port))} == {key.fingerprint for key in keys}
    found = subprocess.run(["ssh-keygen", "-F", name_of(host(file, port)), "-lf", file], capture_output=True, text=True)
    assert all(key.fingerprint in found.stdout for key in keys)
    assert file.stat().st_mode & 0o777 == (0o644 if before else 0o600)


def test_among_hashed_names_a_name_is_hashed(tmp_path: Path, keys: list[paramiko.PKey]) -> None:
    file = tmp_path / "known_hosts"
    line = paramiko.hostkeys.HostKeyEntry([HostKeys.hash_host("other.example.org")], keys[1]).to_line()
    assert line is not None
    file.write_text(line)
    trust(host(file), keys[:1])
    assert "shop.example.org" not in file.read_text()
    assert trusted(host(file)) == keys[:1]


def test_another_key_is_replaced_only_when_asked_for(tmp_path: Path, keys: list[paramiko.PKey]) -> None:
    file = tmp_path / "known_hosts"
    trust(host(file), keys[:1])
    before = file.read_text()
    with pytest.raises(HostKeyDiffers, match=r"has another key for shop.example.org: ecdsa-sha2-nistp256 SHA256:"):
        trust(host(file), keys[1:])
    assert file.read_text() == before
    trust(host(file), keys[1:], replace=True)
    assert trusted(host(file)) == keys[1:]
    assert (tmp_path / "known_hosts.old").read_text() == before


def test_keys_agree_by_what_they_are(keys: list[paramiko.PKey]) -> None:
    assert agree(keys[:1], keys)
    assert not agree(keys[:1], keys[1:])
    assert not agree([], keys)
    assert described(keys[0]).startswith("ecdsa-sha2-nistp256 SHA256:")
