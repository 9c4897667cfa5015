"""The tables of docs/configuration.md, written from the models that read the apps' files: `python docs/reference.py`."""

import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline_defs.config import App, SecretSource, values

PAGE = Path(__file__).with_name("configuration.md")
BEGIN, END = "<!-- written by docs/reference.py: begin -->\n", "<!-- written by docs/reference.py: end -->\n"

MEANINGS = {
    "App.branches": "the two branches that Shipline looks at",
    "App.build": "how the image is built",
    "App.environments": "the places that run the app, by name; the first that does not rehearse is what `shipline deploy` means",
    "App.lint": "a command of your own, also short: `lint: ruff check .`; without one flake8 runs in two passes",
    "App.name": "names the jobs, assets and compose projects; two files cannot have the same",
    "App.image": "name in the registry, without tag: `registry.example.org/team/shop`",
    "App.registry": "who logs in to the registry; without it an earlier `docker login` of this user counts",
    "App.repository": "GitHub `owner/name`, any git URL, or a path; a relative path needs a leading `./`",
    "App.test": "how the built image is tested; `null`: it is not",
    "App.version_file": "the file that holds the version `x.y.z`; `versioning` says who raises it",
    "Branches.development": "what is merged here is built, tested, pushed and rehearsed",
    "Branches.main": "what is merged here is deployed",
    "Build.context": "the folder that is given to the build, after its `.dockerignore`",
    "Build.dockerfile": "what BuildKit builds from",
    "Build.target": "the stage of a multi-stage Dockerfile",
    "Database.service": "the service of the compose file that is the database",
    "Environment.auto_deploy": "`false`: a merge to main makes the image, and a person deploys it with `shipline deploy`",
    "Environment.compose": "the compose file; Shipline adds an override that pins the image and passes the variables",
    "Environment.database": "without one nothing is backed up or copied",
    "Environment.e2e": "end-to-end tests; one mapping or a list of them",
    "Environment.environment": "variables of the app's containers, also seen by Compose",
    "Environment.health": "how long a started service may take",
    "Environment.migrate": "run in the new image, once, in a container of its own beside the app's: `alembic upgrade head`",
    "Environment.retention": "how much is kept on the server",
    "Environment.secrets": "variables whose values are secret; they reach the server in a file with mode 0600",
    "Environment.test": "tests inside the running container; also short: `test: pytest -m smoke`",
    "GitHub.report": "what is written to GitHub; also short: `report: false`",
    "Host.address": "name or IP address",
    "Host.port": "of its SSH server",
    "Host.user": "must be allowed to use the Docker Engine and to write to the environment's directory",
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

_ALIASES = [
    (values.Argv, "command"),
    (values.RepositoryPath, "path in the repository"),
    (values.ServerFolder, "path on the server"),
    (values.AppName, "name"),
    (values.Name, "name"),
    (values.EnvironmentVariable, "variable"),
    (values.Service, "service"),
    (values.Branch, "branch"),
    (values.ImageName, "image name"),
]
_WORDS = {str: "text", int: "number", float: "number", bool: "true or false"}

Hints = dict[str, Any]


def main() -> None:
    """Write the tables into the page."""
    PAGE.write_text(page(PAGE.read_text()))


def page(text: str) -> str:
    """The page's text with tables that are up to date; what stands outside of the two marks is left alone."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def tables() -> str:
    """One section for each model, in the order in which they are met, with one line for each of its keys."""
    titles = _titles(App, "The file", {})
    return "\n".join(_section(model, titles) for model in titles)


def needed_meanings() -> set[str]:
    """The keys, as `Model.key`, that their models do not describe."""
    return {
        f"{model.__name__}.{name}"
        for model in _titles(App, "", {})
        for name, field in model.model_fields.items()
        if field.description is None
    }


def _titles(model: type[BaseModel], title: str, known: dict[type[BaseModel], str]) -> dict[type[BaseModel], str]:
    """Each model with the key path where it is met first; secrets are met in many places."""
    known[model] = title
    for key, hint in _hints(model).items():
        for inner, path in _within(hint, key if model is App else f"{title}.{key}"):
            if inner not in known:
                _titles(inner, "Secrets" if inner is SecretSource else path, known)
    return known


def _within(hint: Any, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint, path
    for argument in get_args(hint):
        yield from _within(argument, f"{path}.NAME" if get_origin(hint) is dict else path)


def _section(model: type[BaseModel], titles: Mapping[type[BaseModel], str]) -> str:
    said = _marked_up(" ".join((model.__doc__ or "").split()))
    rows = [_row(model, name, hint, titles) for name, hint in _hints(model).items()]
    head = [f"### {titles[model]}", "", said, "", "| key | value | default | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _hints(model: type[BaseModel]) -> Hints:
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def _row(model: type[BaseModel], name: str, hint: Any, titles: Mapping[type[BaseModel], str]) -> str:
    field = model.model_fields[name]
    key = f"{model.__name__}.{name}"
    if field.description is None and key not in MEANINGS:
        raise LookupError(f"{key} has no meaning yet: give its Field a description, or add it to MEANINGS")
    meaning = MEANINGS[key] if field.description is None else _marked_up(field.description)
    nullable = " or `null`" if type(None) in get_args(hint) and field.default is not None else ""
    cells = (f"`{name}`", f"{_words(hint, titles)}{nullable}{_limits(field)}", _default(model, name, field), meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _words(hint: Any, titles: Mapping[type[BaseModel], str]) -> str:
    """A type in words, models as links to their sections."""
    for alias, words in _ALIASES:
        if hint == alias:
            return words
    origin, arguments = get_origin(hint), get_args(hint)
    inner = [_words(each, titles) for each in arguments if isinstance(each, type) or get_origin(each)]
    if origin is Annotated:
        return inner[0]
    if origin in (Union, types.UnionType):
        return inner[0]  # the other is None
    if origin is Literal:
        return " or ".join(f"`{each}`" for each in arguments)
    if origin is tuple:
        return f"list of {inner[0]}"
    if origin is dict:
        return f"{inner[0]}: {inner[1]}"
    if issubclass(hint, BaseModel):
        return f"[{'secret' if hint is SecretSource else 'mapping'}](#{slug(titles[hint])})"
    return _WORDS.get(hint, "path")


def slug(title: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _limits(field: FieldInfo) -> str:
    least = next((each.ge for each in field.metadata if hasattr(each, "ge")), None)
    most = next((each.le for each in field.metadata if hasattr(each, "le")), None)
    if least is None:
        return ""
    return f", at least {least}" if most is None else f", {least} to {most}"


def _default(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    if (model, name) == (App, "name"):
        return "the file's name"
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None or value in ((), {}, ""):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _marked_up(text: str) -> str:
    """A text of the code as Markdown: variables as code, and nothing that would be taken for HTML."""
    return re.sub(r"(?<!`)(\$\{\w+\}|http://\S*<\S+>)", r"`\1`", text)


if __name__ == "__main__":
    main()
