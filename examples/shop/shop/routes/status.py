"""What is running here, and whether it works."""

from alembic.runtime.migration import MigrationContext
from fastapi import APIRouter, Response
from fastapi import status as http
from sqlalchemy.exc import SQLAlchemyError

from shop.database import EngineDependency
from shop.settings import settings

router = APIRouter(tags=["status"])


@router.get("/health")
def health(engine: EngineDependency, response: Response) -> dict[str, str | None]:
    """503 when the database does not answer. The revision is null until the first migration ran."""
    report = {"status": "ok", "version": settings.app_version, "commit": settings.app_commit}
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError:
        response.status_code = http.HTTP_503_SERVICE_UNAVAILABLE
        return report | {"status": "failing", "database": "unreachable", "revision": None}
    return report | {"database": "ok", "revision": revision}


@router.get("/about")
def about() -> dict[str, str]:
    """Which environment this is, and whether paying costs money here."""
    return {"environment": settings.app_environment, "payments": settings.payments}
