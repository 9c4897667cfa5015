"""Issues: which ones a pull request closes, by its body and the name of its branch."""

import re

from pipeline_defs.github.api.github_facts import Pull
from pipeline_defs.release.change import issue_of

# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
_KEYWORD = r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?[ \t]+"
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def closing_issues(pull: Pull, full_name: str) -> list[int]:
    """Numbers of this repository's issues, each once, in the order of the body, the branch's last.

    What stands in HTML comments (templates) or code is no word of the author's.
    """
    name = re.escape(full_name)
    reference = re.compile(
        rf"{_KEYWORD}(?:(?:{name})?#|https?://[^\s/]+/{name}/issues/)([1-9][0-9]{{0,8}})\b", re.IGNORECASE
    )
    numbers = [int(found[1]) for found in reference.finditer(_HIDDEN.sub(" ", pull.body))]
    branch = issue_of(pull.head_branch)
    return list(dict.fromkeys([*numbers, *([branch] if branch else [])]))
