"""The ground the demo and the tests stand on: a Docker Engine, images, a registry and servers, all real; a stand-in for GitHub."""
