"""The project: settings, the agents' door, accounts, and the embedded desk."""

from hitl import sqlite

sqlite.prefer_safe_library()
