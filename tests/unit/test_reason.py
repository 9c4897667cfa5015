"""Why a program failed, in its own words."""

import pytest

from pipeline_defs.server.reason import reason

SQLALCHEMY = """Traceback (most recent call last):
  File "default.py", line 952, in do_execute
    cursor.execute(statement, parameters)
psycopg.errors.UniqueViolation: could not create unique index "uq_customers_name"
DETAIL:  Key (first_name, last_name)=(Ada, Lovelace) is duplicated.

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "alembic", line 8, in <module>
sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) could not create unique index "uq_customers_name"
DETAIL:  Key (first_name, last_name)=(Ada, Lovelace) is duplicated.
[SQL: ALTER TABLE customers
  ADD CONSTRAINT uq_customers_name UNIQUE (first_name, last_name)]
(Background on this error at: https://sqlalche.me/e/20/gkpj)
"""
PSQL = """psql:<stdin>:3: ERROR:  column "phone" of relation "customers" does not exist
LINE 1: update customers set phone = null;
                             ^
"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ""),
        ("\n \n", ""),
        ("one\ntwo\n\n", "two"),
        ("NotImplementedError: there is no way back\n", "NotImplementedError: there is no way back"),
        ("some error: early\nthe service web is unhealthy\n", "the service web is unhealthy"),
        ("  FAILED: Can't locate revision\n", "FAILED: Can't locate revision"),
        (
            SQLALCHEMY,
            'sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) could not create unique index "uq_customers_name"',
        ),
        (PSQL, 'psql:<stdin>:3: ERROR:  column "phone" of relation "customers" does not exist'),
    ],
)
def test_the_line_that_says_why(said: str, expected: str) -> None:
    assert reason(said) == expected
