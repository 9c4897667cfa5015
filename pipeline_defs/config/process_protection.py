"""Process protection: a process that holds secrets, kept from other programs of the same user."""

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def protect_process() -> None:
    """Let no other process of this user read this one's environment and memory (`/proc/PID/environ`, `mem`); root still can.

    Programs that it starts are readable again, and see what their environment has. On systems other than Linux nothing happens.
    Source: https://man7.org/linux/man-pages/man2/pr_set_dumpable.2const.html
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
