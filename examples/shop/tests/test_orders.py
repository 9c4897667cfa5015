"""Customers and their orders."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient


def stock(client: TestClient, product: dict) -> int:
    return client.get(f"/products/{product['id']}").json()["stock"]


@pytest.mark.smoke
def test_an_order_takes_from_stock_and_its_cancellation_puts_back(
    client: TestClient, create: Callable[..., dict]
) -> None:
    customer, product = create("customers"), create("products", price_cents=250, stock=5)
    order = create("orders", customer_id=customer["id"], product_id=product["id"], quantity=4)
    assert order["total_cents"] == 1000
    assert client.get(f"/orders/{order['id']}").json() == order
    assert client.get("/orders", params={"limit": 1}).json() == [order]
    assert stock(client, product) == 1
    assert client.delete(f"/orders/{order['id']}").status_code == 204
    assert client.get(f"/orders/{order['id']}").status_code == 404
    assert stock(client, product) == 5


def test_more_than_the_stock_is_not_sold(client: TestClient, create: Callable[..., dict]) -> None:
    customer, product = create("customers"), create("products", stock=2)
    order = {"customer_id": customer["id"], "product_id": product["id"], "quantity": 3}
    assert client.post("/orders", json=order).status_code == 409
    assert stock(client, product) == 2


@pytest.mark.parametrize(
    "wrong", [{"customer_id": 2**31 - 1}, {"product_id": 2**31 - 1}, {"quantity": 0}, {"quantity": 1001}]
)
def test_an_invalid_order_is_refused(client: TestClient, create: Callable[..., dict], wrong: dict) -> None:
    order = {"customer_id": create("customers")["id"], "product_id": create("products")["id"], "quantity": 1}
    assert client.post("/orders", json=order | wrong).status_code == 422


def test_an_unknown_order_is_not_found(client: TestClient) -> None:
    assert client.get("/orders/2147483647").status_code == 404
    assert client.delete("/orders/2147483647").status_code == 404


def test_an_email_address_is_used_once(client: TestClient, create: Callable[..., dict]) -> None:
    customer = create("customers")
    again = {"email": customer["email"].upper(), "first_name": "Ada", "last_name": "Byron"}
    assert client.post("/customers", json=again).status_code == 409


def test_a_customer_is_deleted_unless_they_ordered(client: TestClient, create: Callable[..., dict]) -> None:
    customer, buyer = create("customers"), create("customers")
    create("orders", customer_id=buyer["id"], product_id=create("products")["id"])
    assert client.delete(f"/customers/{customer['id']}").status_code == 204
    assert client.delete(f"/customers/{customer['id']}").status_code == 404
    assert client.delete(f"/customers/{buyer['id']}").status_code == 409
