"""The ground the demo and the tests stand on: a Docker Engine, images, a registry and servers, all real; a stand-in for GitHub."""

import os

os.environ.setdefault("SHIPLINE_IMAGES", "tags")  # some of the images were built here, under the usual names
