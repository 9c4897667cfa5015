"""Products."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

VALID = {"sku": "TEA-1", "name": "Tea", "price_cents": 450, "stock": 1}


@pytest.mark.smoke
def test_products_are_listed_newest_first(client: TestClient, create: Callable[..., dict]) -> None:
    older, newer = create("products"), create("products")
    assert client.get("/products", params={"limit": 2}).json() == [newer, older]
    assert client.get("/products", params={"limit": 1, "offset": 1}).json() == [older]


def test_a_product_is_read_back(client: TestClient, create: Callable[..., dict]) -> None:
    product = create("products", name="  Kettle ", price_cents=4950, stock=3)
    assert product["name"] == "Kettle"
    assert client.get(f"/products/{product['id']}").json() == product


def test_a_sku_is_used_once(client: TestClient, create: Callable[..., dict]) -> None:
    product = create("products")
    assert client.post("/products", json=VALID | {"sku": product["sku"]}).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"sku": "lower case"},
        {"sku": None},
        {"name": " "},
        {"name": "nul\0"},
        {"price_cents": -1},
        {"price_cents": 4.5},
        {"stock": 2**31},
    ],
)
def test_an_invalid_product_is_refused(client: TestClient, wrong: dict) -> None:
    assert client.post("/products", json=VALID | wrong).status_code == 422


@pytest.mark.smoke
def test_an_unknown_product_is_not_found(client: TestClient) -> None:
    assert client.get("/products/2147483647").status_code == 404
    assert client.delete("/products/2147483647").status_code == 404


@pytest.mark.parametrize("id", ["0", "2147483648", "tea"])
def test_an_impossible_id_is_refused(client: TestClient, id: str) -> None:
    assert client.get(f"/products/{id}").status_code == 422


def test_a_product_is_deleted_unless_it_was_ordered(client: TestClient, create: Callable[..., dict]) -> None:
    product, ordered = create("products"), create("products")
    create("orders", customer_id=create("customers")["id"], product_id=ordered["id"])
    assert client.delete(f"/products/{product['id']}").status_code == 204
    assert client.delete(f"/products/{ordered['id']}").status_code == 409
    assert client.get(f"/products/{product['id']}").status_code == 404
