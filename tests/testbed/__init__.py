"""The ground the demo and the integration tests stand on: a Docker Engine, images, a registry and servers, all real."""
