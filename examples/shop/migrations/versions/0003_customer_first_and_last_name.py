"""A customer's first and last name

The first word becomes the first name and the rest the last name, which loses nothing but surplus spaces:
the downgrade joins them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("customers", sa.Column("first_name", sa.String(200)))
    op.add_column("customers", sa.Column("last_name", sa.String(200)))
    op.execute(
        r"""
        UPDATE customers SET
            first_name = regexp_replace(trim(name), '\s.*$', ''),
            last_name = regexp_replace(trim(name), '^\S+\s*', '')
        """
    )
    op.alter_column("customers", "first_name", nullable=False)
    op.alter_column("customers", "last_name", nullable=False)
    op.drop_column("customers", "name")


def downgrade() -> None:
    op.add_column("customers", sa.Column("name", sa.String(200)))
    # Two names of 200 characters each were allowed, and one of 200 has to hold them.
    op.execute("UPDATE customers SET name = left(trim(first_name || ' ' || last_name), 200)")
    op.alter_column("customers", "name", nullable=False)
    op.drop_column("customers", "first_name")
    op.drop_column("customers", "last_name")
