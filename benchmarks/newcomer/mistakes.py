"""Mistakes: what people do wrong in their first hour, each once on purpose, and whether the first sentence says what to do."""

import re
from collections.abc import Callable

from benchmarks.newcomer.figures import Figures
from benchmarks.newcomer.ground import SERVER, Ground, Said
from benchmarks.newcomer.journeys import answer
from benchmarks.parts import Tell

APP = "static_site"


def measure(ground: Ground, tell: Tell) -> Figures:
    """Make each of them; the figure counts the sentences that name no remedy."""
    unclear = 0
    for name, (make, remedy) in MISTAKES.items():
        said = make(ground, f"m_{name}")
        clear = re.search(remedy, said.first) is not None
        unclear += not clear
        tell(f"{name}: {'clear' if clear else 'UNCLEAR'}: {said.first or said.text}")
        if not clear:
            tell(said.text)
        ground.app_file(f"m_{name}").unlink(missing_ok=True)
    return {"mistakes": len(MISTAKES), "unclear_messages": unclear}


def _ready(ground: Ground, name: str, app: str = APP, /, **changed: str) -> None:
    """An app that could be shipped, but for what is wrong with it."""
    clone = ground.clone(app, name=name, **changed)
    ground.must("shipline", "init", str(clone))
    ground.must("cp", "-r", f"{ground.shipline_home / 'proposed' / name}/.", f"{clone}/")
    ground.publish(clone, "Ship it")
    answer(ground, name)
    ground.must("shipline", "trust-host", SERVER, "--yes")


def _edit(ground: Ground, name: str, old: str, new: str) -> None:
    file = ground.app_file(name)
    assert old in file.read_text(), f"{file} has no {old}"
    file.write_text(file.read_text().replace(old, new))


def _doctor(ground: Ground, name: str) -> Said:
    """What the doctor says of the app and its server; this machine, of which it speaks first, is no part of the mistake."""
    said = ground.call("shipline", "doctor", name)
    return Said(said.status, "".join(re.split(r"^(?=\S)", said.text, flags=re.MULTILINE)[2:]))


def wrong_password(ground: Ground, name: str) -> Said:
    """The registry's password is another one."""
    _ready(ground, name)
    with (ground.shipline_home / ".env").open("a") as settings:
        settings.write(f"{name.upper()}_REGISTRY_PASSWORD=wrong\n")
    return _doctor(ground, name)


def no_health_check(ground: Ground, name: str) -> Said:
    """Nobody says when the app is healthy."""
    dockerfile = str(ground.described[APP]["files"]["Dockerfile"])
    _ready(ground, name, Dockerfile=re.sub("^HEALTHCHECK.*$", "", dockerfile, flags=re.MULTILINE))
    return _doctor(ground, name)


def same_ports(ground: Ground, name: str) -> Said:
    """Staging publishes production's port."""
    _ready(ground, name)
    text = ground.app_file(name).read_text()
    port = re.search(r"PUBLISHED_PORT: '(\d+)'", text)
    assert port, text
    _edit(ground, name, f"PUBLISHED_PORT: '{port[1]}'", "PUBLISHED_PORT: '8300'")
    return _doctor(ground, name)


def loopback(ground: Ground, name: str) -> Said:
    """The app listens where nobody outside of its container reaches it."""
    caddyfile = ":80 {\n  bind 127.0.0.1\n  root * /srv\n  file_server\n}\n"
    _ready(ground, name, Caddyfile=caddyfile)
    ground.be_up()
    ground.must("shipline", "run", "integrate", name)
    return ground.call("shipline", "run", "stage", name)


def missing_variable(ground: Ground, name: str) -> Said:
    """A variable of the compose file is set nowhere."""
    compose = str(ground.described[APP]["files"]["compose.yaml"])
    _ready(ground, name, **{"compose.yaml": compose + "    environment: {GREETING: '${GREETING}'}\n"})
    text = ground.app_file(name).read_text()
    ground.app_file(name).write_text(re.sub(r"\n *secrets:\n *GREETING: .*", "", text))
    return ground.call("shipline", "check", name)


def no_development_branch(ground: Ground, name: str) -> Said:
    """The app's file names a branch that is not there."""
    _ready(ground, name)
    _edit(ground, name, "  development: main", "  development: development")
    return _doctor(ground, name)


def not_root(ground: Ground, name: str) -> Said:
    """The server lets somebody in who may not use Docker."""
    server = ground.bed.servers[0]
    server.exec(
        "sh", "-c", "useradd -m deploy && install -d -o deploy -m 700 ~deploy/.ssh && "
        "install -o deploy -m 600 /root/.ssh/authorized_keys ~deploy/.ssh/authorized_keys"
    )  # fmt: skip
    _ready(ground, name)
    _edit(ground, name, f"address: {SERVER}", f"address: {SERVER}\n      user: deploy")
    return _doctor(ground, name)


MISTAKES: dict[str, tuple[Callable[[Ground, str], Said], str]] = {
    "wrong_password": (wrong_password, r"REGISTRY_PASSWORD"),
    "no_health_check": (no_health_check, r"HEALTHCHECK"),
    "same_ports": (same_ports, r"both publish the port 8300.*publish another one"),
    "loopback": (loopback, r"loopback.*listen on 0\.0\.0\.0"),
    "missing_variable": (missing_variable, r"GREETING.*(environment|secrets)"),
    "no_development_branch": (no_development_branch, r"development.*(branches|push)"),
    "not_root": (not_root, r"usermod|group docker|docker group"),
}
"""Each mistake, and what the first sentence about it has to say."""
