"""A very small Grid Engine: installed as qsub, qstat, qdel and sudo, its state and faults in files beside them.

``fault.qsub``, ``fault.qstat`` and ``fault.qdel`` hold the name of what goes wrong. A job's record is ``job.ID.json``:
what was submitted, and what a test wants to be seen of it (``letters``, ``host``).
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(sys.argv[0]).name
STATE = Path(sys.argv[0]).parent.parent / "state"
ARGUMENTS = sys.argv[1:]
DOWN = "error: commlib error: got select error (Connection refused)\nunable to send message to qmaster using port 6444"


def fault():
    path = STATE / f"fault.{PROGRAM}"
    return path.read_text() if path.exists() else ""


def hang(kind):
    while fault() == kind:
        time.sleep(0.05)


def note(name):
    with (STATE / "calls").open("a") as file:
        file.write(json.dumps({"program": name, "arguments": ARGUMENTS, "user": os.environ.get("Q_USER", "")}) + "\n")


def jobs():
    for path in sorted(STATE.glob("job.*.json"), key=lambda path: int(path.name.split(".")[1])):
        yield path, json.loads(path.read_text())


def save(path, job):
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(job))
    fresh.replace(path)


def options(arguments):
    found, words = {}, iter(arguments)
    for word in words:
        found.setdefault(word, []).append("" if word == "-clear" else next(words))
    return found


def submit():
    script = sys.stdin.read()
    wrong = fault()
    if wrong == "down":
        sys.exit(DOWN)
    hang("hang")
    if wrong == "refuse":
        print('Unable to run job: job rejected: no access to project "gpu" for user "x"\nExiting.', file=sys.stderr)
        sys.exit(1)
    asked = options(ARGUMENTS)
    if asked.get("-C") != [""]:
        directives = [shlex.split(line[3:]) for line in script.splitlines() if line.startswith("#$ ")]
        for name, values in options([word for words in directives for word in words]).items():
            asked.setdefault(name, []).extend(values)
    kept = [name for names in asked.get("-v", []) for name in names.split(",") if name in os.environ]
    job_id = max([int(path.name.split(".")[1]) for path, _ in jobs()], default=0) + 1
    path = STATE / f"job.{job_id}.json"
    pending = (STATE / "pending").exists()
    job = {
        "id": job_id,
        "owner": os.environ.get("Q_USER", "hub"),
        "name": asked["-N"][0],
        "script": script,
        "context": asked.get("-ac", [""])[0],
        "arguments": ARGUMENTS,
        "letters": "qw",
        "host": "",
        "listed": {name: os.environ[name] for name in kept},
    }
    if not pending:
        job |= {"letters": "r", "host": "node001"}
        home = asked["-wd"][0] if "-wd" in asked else str(Path(asked["-o"][0]).parent)
        Path(home).mkdir(parents=True, exist_ok=True)
        job["pid"] = subprocess.Popen(
            [script[2:].split("\n")[0] if script.startswith("#!") else "/bin/sh", "-c", script],
            cwd=home,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=os.open(asked["-o"][0], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            stderr=subprocess.STDOUT,
            env={
                "HOME": home,
                "PATH": "/usr/bin:/bin",
                "HOSTNAME": "node001",
                "JOB_ID": str(job_id),
                **EXTRA,
                **{name: os.environ[name] for name in kept},
            },
        ).pid
    save(path, job)
    if wrong == "warn":
        print("warning: no suitable queues")
    hang("hang_after")
    print(f'Your job {job_id} ("{job["name"]}") has been submitted')


EXTRA = json.loads((STATE / "job_environment").read_text()) if (STATE / "job_environment").exists() else {}


def alive(job):
    if "pid" not in job:
        return True
    try:
        return Path(f"/proc/{job['pid']}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def show():
    wrong = fault()
    if wrong == "down":
        sys.exit(DOWN)
    hang("hang")
    if "-j" in ARGUMENTS:
        for _, job in jobs():
            if str(job["id"]) == ARGUMENTS[-1]:
                print("=" * 62)
                print(f"job_number:                 {job['id']}")
                print(f"owner:                      {job['owner']}")
                print(f"context:                    {job['context']}")
                print("env_list:                   " + ",".join(f"{k}={v}" for k, v in job["listed"].items()))
                for reason in job.get("errors", []):
                    print(f"error reason          1:      {reason}")
                return
        sys.exit(f"Following jobs do not exist: \n{ARGUMENTS[-1]}")
    parts = {True: [], False: []}
    for path, job in jobs():
        if not alive(job):
            path.unlink()
            continue
        queue = f"all.q@{job['host']}" if job["host"] else ""
        parts[bool(job["host"])].append(
            f"<job_list state='{'running' if queue else 'pending'}'><JB_job_number>{job['id']}</JB_job_number>"
            f"<JB_name>{job['name']}</JB_name><JB_owner>{job['owner']}</JB_owner><state>{job['letters']}</state>"
            f"<queue_name>{queue}</queue_name><slots>1</slots></job_list>"
        )
    text = (
        f"<?xml version='1.0'?>\n<job_info><queue_info>{''.join(parts[True])}</queue_info>"
        f"<job_info>{''.join(parts[False])}</job_info></job_info>\n"
    )
    answers = {
        "empty": b"",
        "truncated": text[: len(text) // 2].encode(),
        "binary": b"\xff\xfe\x00" + text.encode(),
        "other": b"<detailed_job_info><djob_info/></detailed_job_info>",
        "text": b"job-ID  prior name\n",
        "doctype": b"<!DOCTYPE job_info [<!ENTITY a 'b'>]>" + text.split("\n", 1)[1].encode(),
        "no_parts": b"<job_info/>",
        "huge": b"<job_info>" + b"x" * (70 * 2**20),
    }
    sys.stdout.buffer.write(answers.get(wrong, text.encode()))


def delete():
    wrong = fault()
    hang("hang")
    if wrong == "down":
        sys.exit(DOWN)
    if wrong == "fail":
        print("you do not have the necessary privileges to delete the job")
        sys.exit(1)
    for path, job in jobs():
        if str(job["id"]) == ARGUMENTS[0]:
            print(f"{job['owner']} has registered the job {job['id']} for deletion")
            if wrong == "slow":
                save(path, job | {"letters": "dr"})
                return
            if "pid" in job:
                os.killpg(job["pid"], signal.SIGKILL)
            path.unlink()
            return
    print(f'denied: job "{ARGUMENTS[0]}" does not exist')
    sys.exit(1)


def as_user():
    words = list(ARGUMENTS)
    while words[0].startswith("-"):
        word = words.pop(0)
        if word == "-u":
            os.environ["Q_USER"] = words.pop(0)
    os.execvp(words[0], words)


note(PROGRAM)
{"qsub": submit, "qstat": show, "qdel": delete, "sudo": as_user}[PROGRAM]()
