# ruff: noqa: E501 - tables of messages and of payloads are read by line
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubstack.hub.options import FIELDS, BadOption, Options, defaults, validate
from hubstack.site import Site, load_site

TEACHING = load_site("teaching")
LAPTOP = load_site("laptop")
SHARC = load_site("sharc")
GPU_USER, OTHER_USER = "user001", "user009"


def ask(site: Site = TEACHING, user: str = GPU_USER, **options: Any) -> Options:
    return validate(options, site, user)


def refusal(site: Site = TEACHING, user: str = GPU_USER, **options: Any) -> BadOption:
    with pytest.raises(BadOption) as refused:
        validate(options, site, user)
    return refused.value


def test_what_is_left_out_is_the_sites_default() -> None:
    """Nothing asked for: one core, the form's memory, no GPU, no project, any queue, no mail."""
    assert ask() == Options(None, None, None, 1, None, 2, 0)
    assert validate(None, TEACHING, GPU_USER) == ask()
    assert ask().qsub_arguments(TEACHING) == ["-l", "h_rt=04:00:00", "-l", "rmem=2G"]


def test_defaults_stay_within_what_a_user_may_use() -> None:
    """A default project of the form that a user may not name, or memory that no host has, isn't suggested."""
    site = load_site("teaching", {"hub.form.project": "gpu", "hub.form.memory_per_core.default": "100G"})
    assert defaults(site.access(GPU_USER))["project"] == "gpu"
    assert defaults(site.access(OTHER_USER))["project"] == "default"
    assert defaults(site.access(OTHER_USER))["memory"] == 64


def test_the_form_and_rest_ask_for_the_same() -> None:
    """The form sends lists of one text, REST sends typed values: one request."""
    typed = {"project": "gpu", "queue": "gpu.q", "email": "a.b@c.org", "cores": 2, "pe": "smp", "memory": 4, "gpus": 1}
    form = {field: [str(value)] for field, value in typed.items()}
    assert ask(**typed) == ask(**form)
    assert ask(**typed).qsub_arguments(TEACHING) == [
        *("-l", "h_rt=04:00:00", "-P", "gpu", "-q", "gpu.q", "-pe", "smp", "2"),
        *("-l", "rmem=4G", "-l", "gpu=1", "-m", "ea", "-M", "a.b@c.org"),
    ]


def test_exactly_one_gpu_is_asked_for() -> None:
    """One GPU is a request, too: a template that tests for more than one drops it."""
    assert ask(project="gpu", gpus=1).qsub_arguments(TEACHING)[-2:] == ["-l", "gpu=1"]


def test_stored_options_are_the_same_request() -> None:
    """`user_options` is read back as itself."""
    options = ask(project="gpu", cores=2, pe="smp", gpus=1, email="a@b.c")
    assert ask(**options.user_options()) == options


def test_one_core_in_an_environment_stays_in_it() -> None:
    """``-pe smp 1`` is a request of its own."""
    assert ask(cores=1, pe="smp").qsub_arguments(TEACHING)[2:5] == ["-pe", "smp", "1"]


def test_a_cell_that_does_not_count_memory_is_not_asked_for_it() -> None:
    """A request for a complex that isn't there would be refused by the qmaster."""
    site = load_site("teaching", {"cell.complexes": "{gpu: {type: INT, consumable: true}}"})
    assert ask(site).qsub_arguments(site) == ["-l", "h_rt=04:00:00"]


@pytest.mark.parametrize("runtime", ["04:00:00", ["04:00:00"], 14400])
def test_the_runtime_may_be_repeated(runtime: object) -> None:
    """What the form shows is accepted and changes nothing."""
    assert ask(runtime=runtime) == ask()


@pytest.mark.parametrize("runtime", ["96:00:00", "04:00:00\n", 14400.0, True, None, "", "14400", 345600])
def test_the_runtime_can_not_be_chosen(runtime: object) -> None:
    """Any other is refused, also an equal one in another form."""
    assert refusal(runtime=runtime).field == "runtime"


@pytest.mark.parametrize("field", ["cores", "memory", "gpus"])
@pytest.mark.parametrize("value", [1.0, True, None, "", " 1", "1 ", "+1", "1.0", "1e0", "0x1", "\uff11", "1_0", "1\n", "9" * 5000, 10**30, -1, {}, [[1]]])  # fmt: skip
def test_numbers_are_plain_decimal(field: str, value: object) -> None:
    """Whole numbers of type int, or texts of ASCII digits alone."""
    assert refusal(**{field: value}).field == field


@pytest.mark.parametrize("field, value", [("cores", 0), ("cores", 41), ("memory", 0), ("memory", 65), ("gpus", 3)])
def test_numbers_have_limits(field: str, value: int) -> None:
    """Of the form, the hosts and the quotas; the message gives them."""
    error = refusal(**{field: value})
    assert error.field == field
    assert "enter a whole number from" in error.message


@pytest.mark.parametrize("field, value", [("project", "rse"), ("queue", "nosuch.q"), ("pe", "openmp"), ("project", "Default"), ("queue", "all.q,gpu.q"), ("queue", "*"), ("pe", "smp 4"), ("project", 1), ("queue", None)])  # fmt: skip
def test_names_are_those_that_the_user_may_use(field: str, value: object) -> None:
    """Neither patterns nor lists nor others' names; the message lists what there is."""
    error = refusal(**{field: value})
    assert error.field == field
    assert "choose one of" in error.message


def test_what_others_may_use_is_refused() -> None:
    """A project with an access list is for those on it, and so are the queues that only it opens."""
    assert refusal(user=OTHER_USER, project="gpu").field == "project"
    assert refusal(user=OTHER_USER, queue="gpu.q").field == "queue"
    assert refusal(user=OTHER_USER, gpus=1).message == "GPUs: you can't use any here; enter 0."


@pytest.mark.parametrize("email", ["a", "a@", "@b", "a@b@c", "a@b c", "a b@c", "a@b\n", "a@b,c@d", "a@b\u2028", "ä@b.c", "a@b.c" + "d" * 250, 7, ["a@b", "c@d"]])  # fmt: skip
def test_an_address_is_one_plain_address(email: object) -> None:
    """Letters, digits and ``. _ % + -`` around one ``@``, 254 characters at most."""
    assert refusal(email=email).field == "email"


def test_an_address_may_be_left_out() -> None:
    """An empty field is no address."""
    assert ask(email=[""]).email is None
    assert ask(email="Some.Body+x%y@sub-1.example.org").email == "Some.Body+x%y@sub-1.example.org"


@pytest.mark.parametrize("key", ["options", "prologue", "epilogue", "keepvars", "cmd", "homedir", "account", "Cores", "", "_xsrf", "cores "])  # fmt: skip
def test_unknown_keys_are_refused(key: str) -> None:
    """Whatever a job script's template knows besides, no request reaches it; the key isn't repeated."""
    error = refusal(**{key: "x"})
    assert error.field == ""
    assert error.message.endswith(f"the known ones are {', '.join(FIELDS)}.")


@pytest.mark.parametrize("data", [[], "cores=1", 3, [("cores", 1)]])
def test_a_request_is_a_mapping(data: Any) -> None:
    """Anything else is refused as a whole."""
    with pytest.raises(BadOption, match="must be an object"):
        validate(data, TEACHING, GPU_USER)


@pytest.mark.parametrize(
    "site, options, field, message",
    [
        (TEACHING, {"cores": 2}, "pe", "More than one core needs a parallel environment: choose smp (all cores on one host) or mpi (cores may be on several hosts)."),
        (TEACHING, {"gpus": 1}, "project", "GPUs need a project that has them: choose gpu, or ask for 0 GPUs."),
        (TEACHING, {"queue": "gpu.q"}, "project", "The queue gpu.q takes jobs of certain projects alone: choose gpu."),
        (TEACHING, {"queue": "all.q", "project": "gpu", "gpus": 1}, "queue", "There are no GPUs where this could run: they are in the queue gpu.q."),
        (TEACHING, {"queue": "interactive.q", "cores": 2, "pe": "smp"}, "pe", "The parallel environment smp isn't offered by the queue interactive.q: choose none, or another queue."),
        (TEACHING, {"project": "gpu", "cores": 2, "pe": "mpi", "gpus": 1}, "pe", "The parallel environment mpi isn't offered by the queues where this could run: choose smp."),
        (TEACHING, {"cores": 17, "pe": "smp"}, "cores", "All cores must be on one host, and 16 is the most that you get on one: ask for fewer, or choose mpi."),
        (TEACHING, {"cores": 16, "pe": "smp", "memory": 5}, "memory", "This needs 80 GB on one host, and 64 GB is the most that you get on one: ask for less."),
        (TEACHING, {"project": "gpu", "cores": 2, "pe": "smp", "gpus": 2}, "gpus", "This needs 4 GPUs on one host, and 2 is the most that you get on one: ask for fewer."),
        (TEACHING, {"cores": 40, "pe": "mpi", "memory": 8}, "cores", "All hosts together give 32 such cores at most: ask for fewer, or less per core."),
        (SHARC, {"project": "rse", "cores": 16, "pe": "smp", "gpus": 1}, "gpus", "This needs 16 GPUs on one host, and 7 is the most that you get on one: ask for fewer."),
        (SHARC, {"gpus": 1}, "project", "GPUs need a project that has them: choose gpu or rse, or ask for 0 GPUs."),
    ],
)  # fmt: skip
def test_what_could_never_run_is_told_with_what_to_do(
    site: Site, options: dict[str, Any], field: str, message: str
) -> None:
    """Before a job is made, in words that name the fields of the form."""
    error = refusal(site, **options)
    assert (error.field, error.message, str(error)) == (field, message, message)


def test_gpus_that_are_counted_once_a_job_are() -> None:
    """With ``consumable: job`` two cores with two GPUs are two GPUs; per slot they would be four."""
    once = load_site("laptop", {"cell.complexes.gpu.consumable": "job"})
    asked = {"project": "gpu", "cores": 2, "pe": "smp", "gpus": 2}
    assert ask(once, **asked).qsub_arguments(once)[-2:] == ["-l", "gpu=2"]
    assert refusal(LAPTOP, **asked).field == "gpus"


def test_an_environment_with_a_number_wants_multiples_of_it() -> None:
    """sge_pe(5): an allocation rule of 2 puts 2 slots on each host."""
    site = load_site("laptop", {"cell.parallel_environments.mpi.rule": "2"})
    assert refusal(site, cores=3, pe="mpi").message == "mpi takes 2 cores on each host: ask for a multiple of 2."
    assert ask(site, cores=4, pe="mpi").cores == 4
    assert refusal(site, cores=6, pe="mpi").field == "cores"


PAYLOADS = [
    "\n#$ -P other_project", "\n#$ -q priority.q\n", "\r#$ -l h_rt=96:00:00", "\r\n#$ -A other", "\n#$ -jsv /tmp/x", "\n#$ -@ /tmp/x",
    "\n#$ -C ''", "\n#$ -v A=b", "\n#$ -o /etc/passwd", "\n#$ -M all@example.org", "\nid > /tmp/x\n", " -P other", " -l h_rt=96:0:0",
    "\t-P other", ";id", "&& id", "| id", "`id`", "$(id)", "${IFS}id", "$HOME", "> /tmp/x", "< /etc/passwd", "'; id; '", '"; id; "',
    "\\", "{{7*7}}", "{{ cmd }}", "{% for x in y %}", "{options.__class__}", "{0.__class__.__init__}", "%s", "%(cmd)s", "%n", "\x00",
    "\x00-P other", "\x07", "\x1b[2J", "\x7f", "\x85#$ -P x", "\u2028#$ -P x", "\u2029#$ -P x", "\x0b#$ -P x", "\x0c#$ -P x", "\u202e",
    "\u200b", "\ufeff", "\ud800", "../../etc/passwd", "-V", "--", "*", "?", "[a-z]", "!x", "@/etc/passwd", "<script>alert(1)</script>",
    "' OR 1=1 --", "A" * 1_000_000, "\uff11", "\u0663",
]  # fmt: skip
TEXTS = {
    "project": "default",
    "queue": "any",
    "email": "a@b.c",
    "cores": "1",
    "pe": "none",
    "memory": "2",
    "gpus": "0",
    "runtime": "04:00:00",
}


ADDRESS = re.compile(r"[A-Za-z0-9%._-]+@[A-Za-z0-9.-]+")


def injected(field: str) -> Iterator[str]:
    """Each payload alone, before, after and amid a good value; not those that spell another number or address."""
    good = TEXTS[field]
    for payload in PAYLOADS:
        for text in (payload, good + payload, payload + good, good[:1] + payload + good[1:]):
            harmless = field == "email" and ADDRESS.fullmatch(text) and text[0] != "-" and len(text) < 255
            if not harmless:
                yield text


@pytest.mark.parametrize("field", FIELDS)
def test_no_payload_passes_any_field(field: str) -> None:
    """Neither as REST nor as a form sends it; refused on that field, and never repeated in the message."""
    texts = list(injected(field))
    assert len(texts) > 200
    for text in texts:
        for value in (text, [text]):
            error = refusal(**{field: value})
            assert error.field == field
            assert len(text) < 3 or text not in error.message


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
plausible = {
    "project": st.sampled_from(["default", "gpu", "rse"]),
    "queue": st.sampled_from(["any", "all.q", "gpu.q"]),
    "pe": st.sampled_from(["none", "smp", "mpi"]),
    "cores": st.integers(0, 50) | st.integers(0, 50).map(str),
    "memory": st.integers(0, 80) | st.integers(0, 80).map(str),
    "gpus": st.integers(0, 4) | st.integers(0, 4).map(str),
    "email": st.emails() | st.text(),
    "runtime": st.just("04:00:00"),
}
requests = st.fixed_dictionaries({}, optional={field: plausible[field] | anything for field in FIELDS})


@given(requests, st.sampled_from([TEACHING, LAPTOP, SHARC]))
def test_no_accepted_request_holds_a_control_character(data: dict[str, Any], site: Site) -> None:
    """Whatever is asked, it is refused with a `BadOption`, or is plain printable arguments that ask for no more than there is."""
    try:
        options = validate(data, site, GPU_USER)
    except BadOption as error:
        options = None
        assert error.message  # noqa: PT017
    if options is None:
        return
    for argument in options.qsub_arguments(site):
        assert argument
        assert argument.isascii()
        assert not any(unicodedata.category(letter)[0] in "CZ" for letter in argument)
    limits = site.access(GPU_USER).limits
    assert 1 <= options.cores <= limits.cores
    assert 1 <= options.memory_per_core_gb <= limits.memory_per_core_gb
    assert 0 <= options.gpus_per_core <= limits.gpus_per_core
    assert validate(options.user_options(), site, GPU_USER) == options
