"""The small shop: the sample app's environments around an image of a web server and a few shell scripts, which starts in a moment.

Procedures are proved with it where the app itself is not the point. It answers at `/health` with what the sample app says there;
its migrations and tests do nothing, and its end-to-end test compares the payments with what its environment expects.
"""

from pathlib import Path

from pipeline_defs.config.testing import E2E, Test
from tests.support.shop import SOURCE, Shop

PRODUCTION_ONLY_BUG = {"live": "prod"}
"""Files with a bug that no test and no rehearsal sees: payments are live in an environment that is named otherwise."""

_DOCKERFILE = """\
FROM caddy:2
COPY . /app
RUN chmod -R a+rX /app && chmod a+x /app/serve /app/check /app/e2e
ENV XDG_DATA_HOME=/tmp XDG_CONFIG_HOME=/tmp
USER nobody
HEALTHCHECK --interval=1s --timeout=5s --retries=3 CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8000/health"]
CMD ["/app/serve"]
"""
_SERVE = """\
#!/bin/sh
payments=test; [ "$APP_ENVIRONMENT" != "$(cat /app/live)" ] || payments=live
exec caddy respond --listen :8000 --header "Content-Type: application/json" \\
  "{\\"version\\": \\"$APP_VERSION\\", \\"commit\\": \\"$APP_COMMIT\\", \\"payments\\": \\"$payments\\"}"
"""
_CHECK = """\
#!/bin/sh
echo '<testsuite tests="1"><testcase classname="small" name="it is there" time="0.1"/></testsuite>' >/tmp/shipline-junit.xml
"""
_E2E = """\
#!/bin/sh
said=$(wget -q -O - http://127.0.0.1:8000/health)
case $said in *"\\"payments\\": \\"$PAYMENTS\\""*) failed= ;; *) failed='<failure message="they are not"/>' ;; esac
echo "<testsuite tests='1'><testcase classname='small' name='payments are $PAYMENTS' time='0.1'>$failed</testcase></testsuite>" \\
  >"$RESULTS/e2e.xml"
[ -z "$failed" ]
"""
_COMPOSE = ("staging.yml", "production.yml", "ports.yml")
_PAYMENTS = {"staging": "test", "production": "live"}


def write_source(folder: Path) -> Path:
    """Write the app's files there, with the sample app's own compose files; gives the folder."""
    folder.mkdir()
    files = {"Dockerfile": _DOCKERFILE, "serve": _SERVE, "check": _CHECK, "e2e": _E2E, "live": "production"}
    files |= {name: (SOURCE / name).read_text().replace("interval: 2s", "interval: 1s") for name in _COMPOSE}
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def small(shop: Shop, source: Path) -> Shop:
    """The shop on the same bed, whose images are made of what `write_source` has written."""
    made = shop.of(source)
    for name, payments in _PAYMENTS.items():
        made = made.changed(
            name,
            migrate=("true",),
            revision=("echo", "0003"),
            test=Test(command=("/app/check",)),
            e2e=(E2E(command=("/app/e2e",), variables={"PAYMENTS": payments}),),
        )
    return made
