"""Person mark: how what a person runs in an environment by hand is told from what belongs to the app, or to a run."""

PERSONS = "shipline.person"
"""The label of a container in which a person's command runs, with the command's id: it is no part of the app, and no deployment ends it."""

NOT_PERSONS = '{{if not (.Label "shipline.person")}}{{.ID}}{{end}}'
"""The format of `docker ps` that prints the ids of all other containers."""

MARK = "SHIPLINE_PERSON"
"""The environment variable of a person's command that runs inside the app's own container, with the command's id."""
