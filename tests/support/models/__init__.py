"""Loopback servers that speak the protocols of the providers of models, well and badly on request."""
