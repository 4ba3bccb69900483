"""The wire: what agents and reviewers' programs say to the desk over HTTP, and what it answers."""
