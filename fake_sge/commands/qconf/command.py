"""The table of the options of qconf(1), and how a command line is carried out."""

from __future__ import annotations

import re

from fake_sge.commands.options import Option, OptionTable, Standing
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.qconf import (
    access_lists,
    attributes,
    calendars,
    checkpoints,
    complexes,
    configuration,
    control,
    environments,
    groups,
    hosts,
    people,
    projects,
    queues,
    quotas,
    scheduler,
    sharetree,
    users,
)
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.usage import usage

__all__ = ["OPTIONS", "run"]

_SUBJECTS = (
    access_lists,
    attributes,
    calendars,
    checkpoints,
    complexes,
    configuration,
    control,
    environments,
    groups,
    hosts,
    people,
    projects,
    queues,
    quotas,
    scheduler,
    sharetree,
    users,
)
_NOT_MODELLED = (
    "-Aattr",
    "-Acal",
    "-Ackpt",
    "-Aconf",
    "-Ae",
    "-Ahgrp",
    "-Ap",
    "-Aprj",
    "-Aq",
    "-Arqs",
    "-Astree",
    "-Au",
    "-Auser",
    "-Dattr",
    "-Mattr",
    "-Mc",
    "-Mcal",
    "-Mckpt",
    "-Mconf",
    "-Me",
    "-Mhgrp",
    "-Mp",
    "-Mprj",
    "-Mq",
    "-Mrqs",
    "-Msconf",
    "-Mstree",
    "-Mu",
    "-Muser",
    "-Rattr",
    "-aattr",
    "-acal",
    "-ackpt",
    "-aconf",
    "-ae",
    "-ah",
    "-ahgrp",
    "-am",
    "-ao",
    "-ap",
    "-aprj",
    "-aq",
    "-arqs",
    "-as",
    "-astnode",
    "-astree",
    "-au",
    "-auser",
    "-clearusage",
    "-cq",
    "-dattr",
    "-dcal",
    "-dckpt",
    "-dconf",
    "-de",
    "-dh",
    "-dhgrp",
    "-dm",
    "-do",
    "-dp",
    "-dprj",
    "-dq",
    "-drqs",
    "-ds",
    "-dstnode",
    "-dstree",
    "-du",
    "-dul",
    "-duser",
    "-ke",
    "-kec",
    "-kej",
    "-km",
    "-mattr",
    "-mc",
    "-mcal",
    "-mckpt",
    "-mconf",
    "-me",
    "-mhgrp",
    "-mp",
    "-mprj",
    "-mq",
    "-mrqs",
    "-msconf",
    "-mstnode",
    "-mstree",
    "-mu",
    "-muser",
    "-purge",
    "-rattr",
    "-sst",
    "-rsstnode",
    "-sds",
    "-sobjl",
    "-sstnode",
    "-kt",
    "-at",
)
_CONTINUED = re.compile(r"(,?) \\\n +")
_VERBS: dict[str, Verb] = {verb.option: verb for subject in _SUBJECTS for verb in subject.VERBS}

OPTIONS = OptionTable(
    Option("-help"),
    *(Option(verb.option, verb.arguments, verb.standing, verb.reason) for verb in _VERBS.values()),
    *(Option(name, "", Standing.REFUSED, "not modelled") for name in _NOT_MODELLED if name not in _VERBS),
)


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Carry out each option in turn, until one is refused."""
    yield from ()
    argv = list(invocation.argv)
    if not argv:
        return Reply(stderr=usage("qconf") + "ERROR! no option argument\n", code=1)
    if argv[0] == "-help":
        return Reply(usage("qconf"))
    admin = cluster.cell.config.admin_hosts
    if admin and invocation.host not in admin:
        return Reply(stderr=f'denied: host "{invocation.host}" is not an admin host\n', code=1)
    call = Call("", argv, invocation, cluster)
    try:
        while call.words:
            call.option = call.words.pop(0)
            steps = _act(call)
            if steps is not None:
                yield from steps
    except Refused as refused:
        call.fail(refused.text)
    shown = "".join(call.stdout)
    if "SGE_SINGLE_LINE" in invocation.environment:
        shown = _CONTINUED.sub(lambda met: met[1] or " ", shown)
    return Reply(shown, "".join(call.stderr), call.code)


def _act(call: Call) -> Steps | None:
    verb = _VERBS.get(call.option)
    if verb is not None and verb.act is not None:
        return verb.act(call)
    if verb is not None or call.option in _NOT_MODELLED:
        call.must_be_manager()
        raise Refused(f'Unsupported: "{call.option}" is not supported in this version')
    raise Refused(f'error: invalid option argument "{call.option}"\nUsage: qconf -help')
