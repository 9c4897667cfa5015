"""Run workers: runs are handed over by way of Celery and Redis to workers, one on each of several machines."""
