"""Every q-command: says what was typed to the qmaster's socket and shows what it answers.

The name that it was started by is the command. It runs twice a second for each user who waits for a notebook, so it
imports only builtin modules and ``_socket``, knows nothing of any command, and leaves without tidying up. Frames, both
ways: one byte that says what, four for the length, the bytes.
"""

import _signal
import _socket
import errno
import posix
import sys

__all__ = ["main"]

_PATIENCE_S = 122.0
_SOCKET = "qmaster.sock"
_PORT = "6444"


def main() -> None:
    """Run the command and end the process with its exit code."""
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.signal(_signal.SIGPIPE, _signal.SIG_DFL)
    name = sys.argv[0].rpartition("/")[2]
    environ = _read("/proc/self/environ")
    variables = dict(line.partition(b"=")[::2] for line in environ.split(b"\0"))
    common = _common(variables)
    connection = _connect(name, common, variables)
    try:
        connection.sendall(_request(name, environ), _socket.MSG_NOSIGNAL)
        _serve(connection, name, common)
    except OSError:
        _lost(name, common)


def _common(variables: dict[bytes, bytes]) -> str:
    root = _text(variables.get(b"SGE_ROOT", b""))
    if not root:
        _no_environment("Please set the environment variable SGE_ROOT.")
    cell = f"{root}/{_text(variables.get(b'SGE_CELL') or b'default')}"
    try:
        posix.stat(cell)
    except OSError:
        _no_environment(f'cell directory "{cell}" doesn\'t exist')
    return f"{cell}/common"


def _connect(name: str, common: str, variables: dict[bytes, bytes]) -> _socket.socket:
    """Through a descriptor of the directory: a socket's own path may not be longer than 107 bytes."""
    port = _text(variables.get(b"SGE_QMASTER_PORT") or _PORT.encode())
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE_S)
    try:
        if port != _PORT:
            raise OSError(errno.ECONNREFUSED, "Connection refused")
        directory = posix.open(common, posix.O_RDONLY | posix.O_DIRECTORY)
        connection.connect(f"/proc/self/fd/{directory}/{_SOCKET}")
        posix.close(directory)
    except OSError as error:
        if name == "qacct":
            _read_accounting()
        refused = "Connection refused" if error.errno in (errno.ENOENT, errno.ECONNREFUSED) else error.strerror
        _write(2, f"error: commlib error: got select error ({refused})\n".encode())
        _no_answer(
            name, f'unable to send message to qmaster using port {port} on host "{_master(common)}": got send error'
        )
    return connection


def _request(name: str, environ: bytes) -> bytes:
    umask = posix.umask(0)
    posix.umask(umask)
    try:
        cwd = posix.getcwdb()
    except OSError:
        cwd = b"/"
    encoded = [argument.encode("utf-8", "surrogateescape") for argument in sys.argv[1:]]
    frames = [_frame(b"c", name.encode()), _frame(b"d", cwd), _frame(b"v", environ), _frame(b"m", b"%o" % umask)]
    frames += [_frame(b"a", argument) for argument in encoded]
    frames += [_frame(b"h", posix.uname().nodename.encode()), _frame(b".", b"")]
    return b"".join(frames)


def _serve(connection: _socket.socket, name: str, common: str) -> None:
    """Do what the qmaster says until it says the exit code."""
    buffer = b""
    while True:
        while len(buffer) >= 5 and len(buffer) >= (end := 5 + int.from_bytes(buffer[1:5], "big")):
            what, content, buffer = buffer[:1], buffer[5:end], buffer[end:]
            connection.settimeout(None)
            if what == b"o":
                _write(1, content)
            elif what == b"e":
                _write(2, content)
            elif what == b"x":
                posix._exit(int(content))
            else:
                connection.sendall(_edited(content) if what == b"t" else _asked(what, content), _socket.MSG_NOSIGNAL)
        received = connection.recv(262144)
        if not received:
            _lost(name, common)
        buffer += received


def _asked(what: bytes, path: bytes) -> bytes:
    """The standard input, or a file as this user may read it; or the error number of trying."""
    try:
        return _frame(b"D", _read(0 if what == b"i" else path))
    except OSError as error:
        return _frame(b"E", b"%d" % (error.errno or 0))


def _edited(text: bytes) -> bytes:
    """What the user's editor makes of a file with *text*: how it went (+, = or !), the file's name, the text."""
    path, editor = f"/tmp/pid-{posix.getpid()}-qconf0", _editor()  # noqa: S108 -- created anew, or not at all
    try:
        _create(path, text)
        before = posix.stat(path).st_mtime_ns
        complaint = _run(editor, path)
        after = b"" if complaint else _read(path)
        how = b"!" if complaint else b"=" if posix.stat(path).st_mtime_ns == before and after == text else b"+"
        posix.unlink(path)
    except OSError as error:
        return _frame(b"E", b"%d" % (error.errno or 0))
    return _frame(b"D", how + path.encode() + b"\n" + complaint.encode("utf-8", "surrogateescape") + after)


def _editor() -> str:
    return _text(posix.environ.get(b"EDITOR") or b"vi")


def _create(path: str, text: bytes) -> None:
    descriptor = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_NOFOLLOW, 0o600)
    while text:
        text = text[posix.write(descriptor, text) :]
    posix.close(descriptor)


def _run(editor: str, path: str) -> str:
    """Run the editor to its end; what to say if that went wrong. As for SGE, it is a program without arguments."""
    lines = ""
    for program in [editor] if "/" in editor else [f"{place}/{editor}" for place in _path()]:
        try:
            child = posix.posix_spawn(program, [editor, path], posix.environ)
        except OSError:
            continue
        _, status = posix.waitpid(child, 0)
        code = posix.waitstatus_to_exitcode(status)
        break
    else:
        lines, code = f"error: can't start editor {editor}\n", 1
    return f"{lines}error: editor exited with error {code}" if code else ""


def _path() -> "list[str]":
    return _text(posix.environ.get(b"PATH") or b"/bin:/usr/bin").split(":")


def _read(source: "int | str | bytes") -> bytes:
    descriptor = source if isinstance(source, int) else posix.open(source, posix.O_RDONLY)
    pieces = []
    while piece := posix.read(descriptor, 1 << 20):
        pieces.append(piece)
    if descriptor:
        posix.close(descriptor)
    return b"".join(pieces)


def _frame(what: bytes, content: bytes) -> bytes:
    return what + len(content).to_bytes(4, "big") + content


def _write(descriptor: int, content: bytes) -> None:
    try:
        while content:
            content = content[posix.write(descriptor, content) :]
    except OSError:  # nobody reads: what was done is done, the exit code still tells
        return


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _master(common: str) -> str:
    try:
        return _text(_read(f"{common}/act_qmaster").strip())
    except OSError:
        return "unknown"


def _no_environment(reason: str) -> None:
    _write(
        2,
        f"\nUnable to initialize environment because of error: {reason}\nExiting.\n".encode("utf-8", "surrogateescape"),
    )
    posix._exit(1)


def _lost(name: str, common: str) -> None:
    """The connection broke, or there was no answer in time."""
    master = _master(common)
    _no_answer(name, f'unable to send message to qmaster using port {_PORT} on host "{master}": got send error')


def _no_answer(name: str, text: str) -> None:
    """Each program says it in its own way, as recorded."""
    if name in ("qsub", "qresub", "qrsh", "qlogin", "qsh"):
        _write(2, f"Unable to run job: {text}\nExiting.\n".encode())
    elif name == "qdel":
        _write(1, f"{text}\n".encode())
    elif name == "qstat" and "-j" in sys.argv:
        _write(2, f"{text}\n{text}\n".encode())
    else:
        _write(2, f"error: {text}\n".encode())
    posix._exit(1)


def _read_accounting() -> None:
    """qacct needs no qmaster: it reads the file."""
    program = "from fake_sge.client.offline import main; main()"
    posix.execv(sys.argv_python, [sys.argv_python, "-c", program, *sys.argv[1:]])  # type: ignore[attr-defined]
