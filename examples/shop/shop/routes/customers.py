"""Customers: who orders."""

from fastapi import APIRouter, HTTPException
from sqlalchemy.exc import IntegrityError

from shop.database import SessionDependency
from shop.models import Customer
from shop.schemas import CustomerIn, CustomerOut, Id

router = APIRouter(prefix="/customers", tags=["customers"])


@router.post("", response_model=CustomerOut, status_code=201)
def create_customer(new: CustomerIn, session: SessionDependency) -> Customer:
    """409 when the e-mail address is taken."""
    customer = Customer(**new.model_dump())
    session.add(customer)
    try:
        session.commit()
    except IntegrityError as error:
        raise HTTPException(409, f"another customer has the address {new.email}") from error
    return customer


@router.delete("/{id}", status_code=204)
def delete_customer(id: Id, session: SessionDependency) -> None:
    """404 when there is none, 409 when they have orders."""
    customer = session.get(Customer, id)
    if customer is None:
        raise HTTPException(404, f"there is no customer {id}")
    session.delete(customer)
    try:
        session.commit()
    except IntegrityError as error:
        raise HTTPException(409, f"customer {id} has orders") from error
