"""What clients send and receive. The limits keep every number, and price times quantity, within a 32-bit integer."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# PostgreSQL stores no NUL character in text.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,39}$")]
Email = Annotated[
    str, StringConstraints(to_lower=True, max_length=200, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$")
]

MAX_ID = 2**31 - 1
Id = Annotated[int, Path(ge=1, le=MAX_ID)]
Reference = Annotated[int, Field(ge=1, le=MAX_ID)]
Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=MAX_ID)]


class ProductIn(BaseModel):
    """A product to create."""

    sku: Sku
    name: Text
    price_cents: int = Field(ge=0, le=1_000_000)
    stock: int = Field(default=0, ge=0, le=1_000_000)


class CustomerIn(BaseModel):
    """A customer to create."""

    email: Email
    first_name: Text
    last_name: Text


class OrderIn(BaseModel):
    """An order to place; its total follows from the product's price."""

    customer_id: Reference
    product_id: Reference
    quantity: int = Field(ge=1, le=1_000)


class Stored(BaseModel):
    """Read from a row."""

    model_config = ConfigDict(from_attributes=True)
    id: int


class ProductOut(Stored):
    """A product as it is stored."""

    sku: str
    name: str
    price_cents: int
    stock: int


class CustomerOut(Stored):
    """A customer as it is stored."""

    email: str
    first_name: str
    last_name: str


class OrderOut(Stored):
    """An order as it is stored."""

    customer_id: int
    product_id: int
    quantity: int
    total_cents: int
    created_at: datetime
