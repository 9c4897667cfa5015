"""What a user writes: `apps/<name>.yaml` read into models, with errors that name the file and the key path."""

from pipeline_defs.config.app import App
from pipeline_defs.config.config_errors import ConfigError
from pipeline_defs.config.database import Database
from pipeline_defs.config.environment import Environment
from pipeline_defs.config.home import Home
from pipeline_defs.config.host import Host
from pipeline_defs.config.limits import Limits
from pipeline_defs.config.load import load_app, load_apps, load_limits
from pipeline_defs.config.masking import mask
from pipeline_defs.config.secret import Secret, SecretSource, SecretUnavailable
from pipeline_defs.config.testing import E2E

__all__ = [
    "E2E",
    "App",
    "ConfigError",
    "Database",
    "Environment",
    "Home",
    "Host",
    "Limits",
    "Secret",
    "SecretSource",
    "SecretUnavailable",
    "load_app",
    "load_apps",
    "load_limits",
    "mask",
]
