"""The command language of Son of Grid Engine 8.1.9: argv and standard input to requests, state to text and XML."""

from __future__ import annotations

from collections.abc import Callable

from fake_sge.commands import (
    qacct,
    qalter,
    qconf,
    qdel,
    qhost,
    qmod,
    qping,
    qquota,
    qrdel,
    qrsh,
    qrstat,
    qrsub,
    qselect,
    qstat,
    qsub,
)
from fake_sge.commands.options import Enough, Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import (
    Answer,
    Cluster,
    Conversation,
    Edited,
    Invocation,
    NeedEditor,
    NeedFile,
    NeedStdin,
    Output,
    Reply,
    Request,
    Running,
    WaitFor,
    drive,
)
from fake_sge.commands.qconf_files import COLLECT, qconf_files

__all__ = [
    "COLLECT",
    "COMMANDS",
    "COVERAGE",
    "Answer",
    "Cluster",
    "Conversation",
    "Edited",
    "Enough",
    "Given",
    "Invocation",
    "NeedEditor",
    "NeedFile",
    "NeedStdin",
    "Option",
    "OptionError",
    "OptionTable",
    "Output",
    "Reply",
    "Request",
    "Running",
    "Standing",
    "WaitFor",
    "drive",
    "qconf_files",
    "run",
]

COMMANDS: dict[str, Callable[[Invocation, Cluster], Running]] = {
    "qacct": qacct.run,
    "qalter": qalter.qalter,
    "qconf": qconf.run,
    "qdel": qdel.run,
    "qhold": qalter.qhold,
    "qhost": qhost.run,
    "qlogin": qrsh.qlogin,
    "qmod": qmod.run,
    "qping": qping.run,
    "qquota": qquota.run,
    "qrdel": qrdel.run,
    "qrls": qalter.qrls,
    "qrsh": qrsh.qrsh,
    "qrstat": qrstat.run,
    "qrsub": qrsub.run,
    "qselect": qselect.run,
    "qstat": qstat.run,
    "qsub": qsub.run,
}
"""The q-programs by name."""

COVERAGE: dict[str, OptionTable] = {
    "qacct": qacct.OPTIONS,
    "qalter": qalter.OPTIONS,
    "qconf": qconf.OPTIONS,
    "qdel": qdel.OPTIONS,
    "qhold": qalter.HOLD_OPTIONS,
    "qhost": qhost.OPTIONS,
    "qlogin": qrsh.LOGIN_OPTIONS,
    "qmod": qmod.OPTIONS,
    "qping": qping.OPTIONS,
    "qquota": qquota.OPTIONS,
    "qrdel": qrdel.OPTIONS,
    "qrls": qalter.HOLD_OPTIONS,
    "qrsh": qrsh.OPTIONS,
    "qrstat": qrstat.OPTIONS,
    "qrsub": qrsub.OPTIONS,
    "qselect": qselect.OPTIONS,
    "qstat": qstat.OPTIONS,
    "qsub": qsub.OPTIONS,
}
"""Each q-program's options and what is done about them; the coverage page of the documentation is made from it."""


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Run a q-program: the generator yields what it needs, returns the `Reply`. One that isn't modelled is refused."""
    return COMMANDS.get(invocation.command, _refuse)(invocation, cluster)


def _refuse(invocation: Invocation, cluster: Cluster) -> Running:
    """qmon, qsh and the like."""
    yield from ()
    return Reply(stderr=f'Unsupported: "{invocation.command}" is not supported in this version\n', code=1)
