"""The application, as uvicorn starts it: `uvicorn shop.main:app`."""

from fastapi import FastAPI

from shop.routes import customers, orders, products, status
from shop.settings import settings

app = FastAPI(title="Shop", version=settings.app_version)
for routes in (status, products, customers, orders):
    app.include_router(routes.router)
