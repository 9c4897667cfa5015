"""Orders: a customer takes some of a product out of stock."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from shop.database import SessionDependency
from shop.models import Customer, Order, Product
from shop.schemas import Id, Limit, Offset, OrderIn, OrderOut

router = APIRouter(prefix="/orders", tags=["orders"])


@router.get("", response_model=list[OrderOut])
def list_orders(session: SessionDependency, limit: Limit = 50, offset: Offset = 0) -> Sequence[Order]:
    """Newest first."""
    return session.scalars(select(Order).order_by(Order.id.desc()).limit(limit).offset(offset)).all()


@router.post("", response_model=OrderOut, status_code=201)
def create_order(new: OrderIn, session: SessionDependency) -> Order:
    """422 when the customer or the product is unknown, 409 when too few are in stock."""
    # The rows stay locked until the commit: two orders never take the same last piece.
    customer = session.get(Customer, new.customer_id, with_for_update={"read": True})
    product = session.get(Product, new.product_id, with_for_update=True)
    if customer is None:
        raise HTTPException(422, f"there is no customer {new.customer_id}")
    if product is None:
        raise HTTPException(422, f"there is no product {new.product_id}")
    if product.stock < new.quantity:
        raise HTTPException(409, f"only {product.stock} of product {product.id} are in stock")
    product.stock -= new.quantity
    order = Order(**new.model_dump(), total_cents=product.price_cents * new.quantity)
    session.add(order)
    session.commit()
    return order


@router.get("/{id}", response_model=OrderOut)
def read_order(id: Id, session: SessionDependency) -> Order:
    """404 when there is none."""
    order = session.get(Order, id)
    if order is None:
        raise HTTPException(404, f"there is no order {id}")
    return order


@router.delete("/{id}", status_code=204)
def cancel_order(id: Id, session: SessionDependency) -> None:
    """Puts the pieces back into stock. 404 when there is no such order."""
    order = session.get(Order, id, with_for_update=True)
    if order is None:
        raise HTTPException(404, f"there is no order {id}")
    product = session.get_one(Product, order.product_id, with_for_update=True)
    product.stock += order.quantity
    session.delete(order)
    session.commit()
