"""Money in integer cents"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_products_price"), "products", type_="check")
    for table, column in (("products", "price"), ("orders", "total")):
        op.alter_column(
            table,
            column,
            new_column_name=f"{column}_cents",
            type_=sa.Integer,
            postgresql_using=f"round({column} * 100)::integer",
        )
    op.create_check_constraint("price", "products", "price_cents >= 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_products_price"), "products", type_="check")
    for table, column in (("products", "price"), ("orders", "total")):
        op.alter_column(
            table,
            f"{column}_cents",
            new_column_name=column,
            type_=sa.Numeric(10, 2),
            postgresql_using=f"{column}_cents / 100.0",
        )
    op.create_check_constraint("price", "products", "price >= 0")
