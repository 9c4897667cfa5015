"""What the shop is told by its environment when it starts."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LIVE_ENVIRONMENT = "production"


class Settings(BaseSettings):
    """One field for each environment variable, e.g. `database_url` for DATABASE_URL."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    database_url: str = Field(repr=False)  # it has a password in it
    app_version: str = "unknown"
    app_commit: str = "unknown"
    app_environment: str = "development"

    @property
    def payments(self) -> str:
        """Only the live environment takes real money; everywhere else test cards are charged."""
        return "live" if self.app_environment == LIVE_ENVIRONMENT else "test"


settings = Settings()
