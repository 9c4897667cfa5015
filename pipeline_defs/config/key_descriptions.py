"""Key descriptions: what every key of an app's file is for, told alike in the documentation and in the file that `shipline init` writes."""

from pydantic import BaseModel

MEANINGS: dict[str, str] = {
    "App.branches": "the branches that Shipline looks at: two, or one alone (`{main: main}`)",
    "App.build": "how the image is built",
    "App.environments": "the places that run the app, by name; the first that does not rehearse is what `shipline deploy` means",
    "App.lint": "a command of your own, also short: `lint: ruff check .`; without one flake8 runs in two passes",
    "App.name": "names the jobs, assets and compose projects; two files cannot have the same",
    "App.image": "name in the registry, without tag: `registry.example.org/team/shop`",
    "App.push": "how long the image may take into the registry",
    "App.registry": "who logs in to the registry; without it an earlier `docker login` of this user counts",
    "App.repository": "GitHub `owner/name`, any git URL, or a path; a relative path needs a leading `./`",
    "App.test": "how the built image is tested; `null`: it is not",
    "App.version_file": "the file that holds the version `x.y.z`; `versioning` says who raises it, and with `tags` there is none",
    "Branches.development": "what is merged here is built, tested, pushed and rehearsed",
    "Branches.main": "what is merged here is deployed",
    "Build.context": "the folder that is given to the build, after its `.dockerignore`",
    "Build.dockerfile": "what BuildKit builds from",
    "Build.target": "the stage of a multi-stage Dockerfile",
    "Database.service": "the service of the compose file that is the database",
    "Environment.auto_deploy": "`false`: a merge to main makes the image, and a person deploys it with `shipline deploy`",
    "Environment.compose": "the compose file, or a list of them; Shipline adds an override that pins the image and passes the variables",
    "Environment.database": "without one nothing is backed up or copied",
    "Environment.e2e": "end-to-end tests; one mapping or a list of them",
    "Environment.environment": "variables of the app's containers, also seen by Compose",
    "Environment.health": "how long a started service may take",
    "Environment.migrate": "run in the new image, once, in a container of its own beside the app's: `alembic upgrade head`",
    "Environment.retention": "how much is kept on the server",
    "Environment.secrets": "variables whose values are secret; they reach the server in a file with mode 0600",
    "Environment.test": "tests inside the running container; also short: `test: pytest -m smoke`",
    "GitHub.report": "what is written to GitHub; also short: `report: false`",
    "ImageTest.compose": "the compose file of the tests",
    "ImageTest.environment": "variables for Compose, seen while the compose file is read",
    "ImageTest.service": "the service that runs the tests; its exit status decides",
    "Lint.command": "run in a clean checkout of the commit; any exit status but 0 stops the run",
    "Registry.insecure": "speak plain HTTP",
    "Registry.password": "a password or token",
    "Registry.username": "who pushes, and who pulls on the servers",
    "Retention.backups": "database dumps with their checksums",
    "Retention.logs": "logs, and as many journals and test results",
    "SecretSource.env": "the name of an environment variable or of a line in the home's `.env`",
    "SecretSource.file": "the path of a file; its last line break is not part of the secret",
    "Test.command": "run inside the running container; any exit status but 0 fails the attempt",
    "Test.junit": "where the command writes its JUnit results in the container; `null`: its exit status decides alone",
}
"""What a key means, where its model leaves that to its name."""


def meaning(model: type[BaseModel], name: str) -> str:
    """What a key of a model is for: its field's own description, else what stands here.

    Raises LookupError for a key that nobody has described.
    """
    key = f"{model.__name__}.{name}"
    inherited = (MEANINGS.get(f"{each.__name__}.{name}") for each in model.__mro__)
    described = model.model_fields[name].description or next(filter(None, inherited), None)
    if described is None:
        raise LookupError(f"{key} has no meaning yet: give its Field a description, or add it to MEANINGS")
    return described
