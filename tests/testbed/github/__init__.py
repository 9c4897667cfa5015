"""A stand-in for GitHub: its REST API over real bare git repositories, with webhooks, and with faults on request.

In a test take the fixture `github`, a fresh server; elsewhere:

    from tests.testbed.github import GitHubServer

    with GitHubServer() as server:
        repo = server.create_repository("acme/shop", files={"version.txt": "1.0.0\\n"})      # or folder=Path(…)
        server.set_permission(repo, "dora", "write")                                        # accounts make themselves
        token = server.create_token("dora", {"contents": "write", "statuses": "write", "pull_requests": "write"})
        server.commit(repo, {"version.txt": "1.0.1\\n"}, branch="fix", by="dora")            # a new branch from main
        number = server.create_pull(repo, "fix", base="main", title="Fix it", by="dora")
        server.comment(repo, number, "/shipline deploy", by="dora")
        server.label(repo, number, "deploy", by="dora")
        merged = server.merge(repo, number, method="squash")                                # merge | squash | rebase
        assert server.head(repo, "main") == merged == server.pull(repo, number)["merge_commit_sha"]

        hub = github.Github(base_url=server.url, auth=github.Auth.Token(token), seconds_between_requests=None)
        hub.get_repo(repo).get_commit("main").create_status("success", context="shipline")
        server.statuses(repo, merged)                                                       # what was reported
        subprocess.run(["git", "clone", server.git_url(repo, token)])                       # a token is the password

        server.fail("after", "POST", "/statuses/", times=1)           # it acts, and answers 502; see faults.Fault
        server.fail("before", path="/pulls", probability=0.3, times=None)
        server.fail("closed", times=None)                             # an outage, until server.clear_faults()
        server.create_hook(repo, "http://127.0.0.1:8000/hook", secret="…", events=["push", "pull_request"])
        server.fail_deliveries(drop=0.1, duplicate=0.2, delay=0.5)
        server.requests()   # {"total": …, "billed": …, "not_modified": …, "routes": {"GET /repos/{owner}/{repo}": 1}, …}
        assert server.schema_errors == []

Webhooks are received by `receiver.Receiver`. People that are not named (`by`) are the repository's owner, who is its admin.

`python -m tests.testbed.github --port 0 --root FOLDER` runs it as a process and prints its URL as one line. The control API
is the same there: `RemoteControl(url).commit("acme/shop", {"a": "b"})`, or `POST /_control/commit` with the arguments as JSON.
All methods are in control.py, control_people.py, control_code.py and control_review.py.
"""

from tests.testbed.github.remote import RemoteControl
from tests.testbed.github.server import GitHubServer

__all__ = ["GitHubServer", "RemoteControl"]
