"""deployment.json: strict, and the same after a round trip."""

import json

import pydantic
import pytest

from hubstack.hub import AdminService, Deployment, ExternalProxy, SubmitHost


@pytest.fixture
def deployment(tmp_path):
    """A complete one."""
    return Deployment(
        site=tmp_path / "site.yaml",
        submit_host=SubmitHost(environment={"PATH": "/usr/bin"}, addresses={"node001": "127.1.2.3"}),
        bind_url="http://127.0.0.1:8000/",
        hub_port=8081,
        proxy=ExternalProxy(api_url="http://127.0.0.1:8001", auth_token_file=tmp_path / "token"),
        password_file=tmp_path / "password",
        admin_service=AdminService(api_token_file=tmp_path / "api"),
        homes="/home/{user}",
        python="/usr/bin/python3",
        jobs_python="/usr/bin/python3",
        secrets=tmp_path / "secrets",
    )


def test_what_was_written_is_read(deployment, tmp_path):
    """Round trip."""
    deployment.write(tmp_path)
    assert Deployment.read(tmp_path) == deployment


@pytest.mark.parametrize(
    "change",
    [{"colour": "red"}, {"hub_port": 0}, {"name": "a b"}, {"name": "a,b=c"}, {"idle_culling": -1}, {"site": None}],
)
def test_what_is_wrong_is_refused(deployment, tmp_path, change):
    """Unknown keys, ports that are none, a name that would break a job's context."""
    path = deployment.write(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(pydantic.ValidationError):
        Deployment.read(tmp_path)
