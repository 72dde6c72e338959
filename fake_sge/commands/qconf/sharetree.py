"""The share tree: ``-sstree -sst -sstnode -Astree -Mstree -dstree -astnode -mstnode -dstnode -clearusage``."""

from __future__ import annotations

from collections.abc import Callable

from fake_sge.commands.qconf import printing, users
from fake_sge.commands.qconf.call import Act, Call, Refused, Steps, Verb
from fake_sge.commands.qconf.tree import BadTree, Tree, read_tree, tree_of
from fake_sge.commands.usage import usage

__all__ = ["VERBS"]

_NONE = "No sharetree"


def _show(call: Call) -> None:
    if not call.cell.config.share_tree:
        raise Refused("no sharetree element")
    call.show(printing.share_tree(call.cell.config.share_tree))


def _show_indented(call: Call) -> None:
    tree = _tree(call)
    if tree is None:
        call.tell(_NONE)
        return
    call.show("".join(f"{'   ' * depth}{node.name}={node.shares}\n" for depth, node in tree.walk()))


def _show_nodes(code: int) -> Act:
    """-rsstnode ends with exit code 1 whatever it finds."""

    def act(call: Call) -> None:
        paths = call.names()
        tree = _tree(call)
        if tree is None:
            call.tell(_NONE)
            return
        for path in paths:
            way = tree.find(path)
            if not way:
                call.fail(f"Unable to locate {path} in sharetree")
                continue
            call.show("".join(f"{place or '/'}={node.shares}\n" for place, node in way[-1].places(_path(way))))
            call.code = call.code or code

    return act


def _path(way: list[Tree]) -> str:
    return "".join(f"/{node.name}" for node in way[1:])


def _tree(call: Call) -> Tree | None:
    return tree_of(call.cell.config.share_tree)


def _from_file(*, refusal: int) -> Callable[[Call], Steps]:
    """-Astree and -Mstree do the same; a refusal of the qmaster's ends -Astree with exit code 0."""

    def act(call: Call) -> Steps:
        path = call.word()
        try:
            text = yield from call.read(path)
            tree = read_tree(text, path)
        except Refused as refused:
            raise Refused(f"{refused.text}\nerror reading in file") from None
        except BadTree as bad:
            raise Refused(str(bad)) from None
        if _keep(call, tree, refusal):
            call.tell("changed sharetree")

    return act


def _edited(call: Call) -> Steps:
    """``-astree`` and ``-mstree``: edit the tree, or a root alone."""
    tree = _tree(call) or Tree("Root", 1)
    call.must_be_manager()
    edited = yield from call.edit(printing.share_tree(tree.rows(call.cell.config.projects)))
    if not edited.changed:
        raise Refused("file unchanged")
    try:
        changed = read_tree(edited.text, edited.path)
    except BadTree as bad:
        raise Refused(str(bad)) from None
    if _keep(call, changed, 1):
        call.tell("changed sharetree")


def _keep(call: Call, tree: Tree, refusal: int) -> bool:
    """Let *tree* hold, unless the qmaster has something against it."""
    config = call.cell.config
    wrong = next(tree.problems(config.users, config.projects), None)
    if not call.cell.is_manager(call.user):
        wrong = f'denied: "{call.user}" must be manager for this operation'
    if wrong is not None:
        call.tell(wrong)
        call.code = max(call.code, refusal)
        return False
    call.configure("share_tree", "", tree.rows(config.projects))
    return True


def _delete(call: Call) -> None:
    call.must_be_manager()
    if not call.cell.config.share_tree:
        raise Refused("sharetree does not exist")
    call.configure("share_tree", "", [])
    call.tell(f"{call.who} removed sharetree list")


def _set_nodes(*, add: bool) -> Act:
    """``-astnode`` and ``-mstnode``: ``path=shares,...``."""

    def act(call: Call) -> None:
        arguments = call.names()
        tree = _tree(call) or (Tree("Root", 1) if add else None)
        if tree is None:
            call.tell(_NONE)
            return
        done = sum([_set_node(call, tree, argument, add=add) for argument in arguments])
        _store(call, tree, done, 0)

    return act


def _set_node(call: Call, tree: Tree, argument: str, *, add: bool) -> bool:
    path, _, shares = argument.partition("=")
    if not path or not shares.isdigit():
        wrong = f"{argument} is not a valid argument, see node_shares_list format"
        raise Refused(f"{wrong}\nno modifications to sharetree\n{usage('qconf')[:-1]}")
    way = tree.find(path)
    node = way[-1] if len(way) > 1 else None
    if node is None and add:
        above, _, name = path.rpartition("/")
        parents = tree.find(above or "/")
        if parents and name:
            node = Tree(name, 0)
            parents[-1].below.append(node)
        else:
            path = above or path
    if node is None:
        call.tell(f"Unable to locate {path} in sharetree")
        return False
    node.shares = int(shares)
    call.tell(f"setting \n{argument}")
    return True


def _store(call: Call, tree: Tree, done: int, refusal: int) -> None:
    if not done:
        call.fail("no modifications to sharetree")
    elif _keep(call, tree, refusal):
        call.tell("modified sharetree")


def _remove_nodes(call: Call) -> None:
    paths = call.names()
    tree = _tree(call)
    if tree is None:
        raise Refused(_NONE)
    done = 0
    for path in paths:
        way = tree.find(path)
        if len(way) < 2:
            call.tell(f"Unable to locate {path} in sharetree")
        elif way[-1].below:
            call.tell("can't delete nodes with children")
        else:
            way[-2].below.remove(way[-1])
            call.tell(f"removing \n{path}")
            done += 1
    _store(call, tree, done, 1)


def _clear_usage(call: Call) -> None:
    """What users and projects have used is forgotten: of everybody, or of the users named.

    As in 8.1.9, whoever is named has no tickets, shares and default project afterwards.
    """
    named = call.names() if call.has_word else None
    call.must_be_manager()
    config = call.cell.config
    known = [name for name in named or () if name in config.users]
    call.cluster.input("clear_usage", users=None if named is None else known)
    for name in config.users if named is None else named:
        if name in config.users:
            if named is not None:
                call.configure("users", name, users.KIND.template | {"name": name})
            call.tell(f'{call.who} modified "{name}" in user list')
        else:
            call.tell(f'denied: user "{name}" does not exist')
    for name in config.projects if named is None else ():
        call.tell(f'{call.who} modified "{name}" in project list')


VERBS = (
    Verb("-Astree", _from_file(refusal=0), "fname"),
    Verb("-Mstree", _from_file(refusal=1), "fname"),
    Verb("-astnode", _set_nodes(add=True), "node_shares_list"),
    Verb("-astree", _edited),
    Verb("-clearusage", _clear_usage, "[user_list]"),
    Verb("-dstnode", _remove_nodes, "node_list"),
    Verb("-dstree", _delete),
    Verb("-mstnode", _set_nodes(add=False), "node_shares_list"),
    Verb("-mstree", _edited),
    Verb("-rsstnode", _show_nodes(1), "node_list"),
    Verb("-sst", _show_indented),
    Verb("-sstnode", _show_nodes(0), "node_list"),
    Verb("-sstree", _show),
)
