"""What an app needs of the world, looked at without changing anything: this machine, the registry, the repository, the servers."""
