"""Products: what can be ordered."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shop.database import SessionDependency
from shop.models import Product
from shop.schemas import Id, Limit, Offset, ProductIn, ProductOut

router = APIRouter(prefix="/products", tags=["products"])


@router.get("", response_model=list[ProductOut])
def list_products(session: SessionDependency, limit: Limit = 50, offset: Offset = 0) -> Sequence[Product]:
    """Newest first."""
    return session.scalars(select(Product).order_by(Product.id.desc()).limit(limit).offset(offset)).all()


@router.post("", response_model=ProductOut, status_code=201)
def create_product(new: ProductIn, session: SessionDependency) -> Product:
    """409 when another product has this SKU."""
    product = Product(**new.model_dump())
    session.add(product)
    try:
        session.commit()
    except IntegrityError as error:
        raise HTTPException(409, f"another product has the SKU {new.sku}") from error
    return product


@router.get("/{id}", response_model=ProductOut)
def read_product(id: Id, session: SessionDependency) -> Product:
    """404 when there is none."""
    product = session.get(Product, id)
    if product is None:
        raise HTTPException(404, f"there is no product {id}")
    return product


@router.delete("/{id}", status_code=204)
def delete_product(id: Id, session: SessionDependency) -> None:
    """409 when it was ordered."""
    session.delete(read_product(id, session))
    try:
        session.commit()
    except IntegrityError as error:
        raise HTTPException(409, f"product {id} has orders") from error
