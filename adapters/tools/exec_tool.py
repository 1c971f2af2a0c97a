"""Starts a tool so that it cannot outlive its launcher, and not before its start is on record.

Used by `launcher.py` only: a process with one thread, which is what makes `fork` safe here.
"""

import ctypes
import os
import signal

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (`PR_SET_CHILD_SUBREAPER`)."""
    if _libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the system does not let the launcher adopt orphans")


class Child:
    """A tool that is forked, in a process group of its own, and waits for `execute`."""

    def __init__(self, argv: list[str], env: dict[str, str], cwd: str) -> None:
        self.stdout, out = os.pipe()
        self.stderr, err = os.pipe()
        go, self._go = os.pipe()
        self._fault, fault = os.pipe()
        launcher = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _become(argv, env, cwd, (launcher, go, out, err, fault))
        for descriptor in (out, err, go, fault):
            os.close(descriptor)
        _set_group(self.pid)

    def execute(self) -> str:
        """Let it run; return why it could not, or nothing."""
        os.write(self._go, b"!")
        os.close(self._go)
        return self._why()

    def abandon(self) -> None:
        """Let it end without having run anything."""
        os.close(self._go)
        self._why()

    def _why(self) -> str:
        with os.fdopen(self._fault, "rb") as pipe:
            return pipe.read().decode("utf-8", "replace")


def _set_group(pid: int) -> None:
    """Both sides do this, so that the group is there whoever comes first."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        return  # it has run on already, and did it itself


def _become(argv: list[str], env: dict[str, str], cwd: str, ends: tuple[int, int, int, int, int]) -> None:
    """Turn this fork into the tool; never returns."""
    launcher, go, out, err, fault = ends
    try:
        os.setpgid(0, 0)
        _libc.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The launcher may have died before the line above: then nobody will kill us. And no byte: it gave up.
        if os.getppid() == launcher and os.read(go, 1):
            _restore_signals()
            _connect(out, err)
            _execute(argv, env, cwd, fault)
    finally:
        os._exit(127)


def _restore_signals() -> None:
    """Undo what Python and the launcher ignore; handlers end with `exec` by themselves."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def _connect(out: int, err: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(descriptor, place, inheritable=True)


def _execute(argv: list[str], env: dict[str, str], cwd: str, fault: int) -> None:
    try:
        os.chdir(cwd)
    except OSError as error:
        os.write(fault, f"its folder «{cwd}»: {error.strerror}".encode("utf-8", "replace"))
        return
    try:
        os.execvpe(argv[0], argv, env)  # noqa: S606 - there is no shell, on purpose
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        os.write(fault, f"«{argv[0]}»: {reason}".encode("utf-8", "replace"))
