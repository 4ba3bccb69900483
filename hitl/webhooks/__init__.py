"""Tells agents over HTTP that something happened to a case: signed, in order, and never to an address inside."""
