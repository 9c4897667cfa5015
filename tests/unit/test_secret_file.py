"""Secret files: what in them is hidden in logs, and what stays readable."""

import pytest

from pipeline_defs.config import Secret, mask
from pipeline_defs.config.secret_file import hidden_in

FILE = """
# the shop
DEBUG=false
APP_ENV=production
PORT=5432
SECRET_KEY="s3cr3t k3y"
STRIPE_TOKEN=tok_123456
DATABASE_URL=postgresql://shop:pa55word@db:5432/shop
AUTHOR=production
KEYCLOAK_REALM=production
HOME_URL=https://shop.example.org
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key s3cr3t k3y", "key ***"),
        ("connects to postgresql://shop:pa55word@db:5432/shop", "connects to ***"),
        ("password pa55word", "password ***"),
        ("uses tok_123456", "uses ***"),
        ("STRIPE_TOKEN=tok_123456", "***"),
        ("production on port 5432 at https://shop.example.org", "production on port 5432 at https://shop.example.org"),
    ],
)
def test_secret_values_are_hidden_by_their_names_and_others_stay_readable(text: str, shown: str) -> None:
    assert mask(text, list(hidden_in(Secret(FILE)))) == shown


def test_a_file_that_is_no_list_of_variables_is_hidden_line_by_line() -> None:
    assert mask("it says -----BEGIN KEY-----", list(hidden_in(Secret("-----BEGIN KEY-----\nabc\n")))) == "it says ***"
