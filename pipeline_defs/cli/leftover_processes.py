"""Leftover processes: processes of a `shipline up` that was killed."""

from pipeline_defs.cli.child_process import STOP_SECONDS, end
from pipeline_defs.cli.running_service import Service
from pipeline_defs.cli.serve_code_socket import remove_folder
from pipeline_defs.config import Home


def end_leftovers(home: Home) -> bool:
    """End the processes of a `shipline up` that was killed and could not do so itself; True when there were any.

    Only for one who knows that it is dead. A code server with unfinished runs is told to end but not killed: it
    finishes them, watches over them, and then ends by itself.
    """
    service = Service.read(home.service)
    if service is None:
        return False
    code = service.process("code")
    others = [process for name in ("observe", "webhooks", "daemon", "webserver") if (process := service.process(name))]
    end(others, seconds=STOP_SECONDS)
    if not end([code] if code else [], seconds=STOP_SECONDS / 4, kill=False):
        remove_folder(service.code)
    home.service.unlink(missing_ok=True)
    return bool(others or code)
