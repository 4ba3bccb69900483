#!/usr/bin/env python
"""Run a command of the desk: ``python manage.py help`` lists them."""

import os
import sys

from django.core.management import execute_from_command_line


def _data_dir(arguments: list[str]) -> str | None:
    """``serve --data-dir D`` must be known before the settings are read."""
    if arguments[1:2] != ["serve"]:
        return None
    for argument, following in zip(arguments, [*arguments[1:], None], strict=True):
        if argument == "--data-dir":
            return following
        if argument.startswith("--data-dir="):
            return argument.removeprefix("--data-dir=")
    return None


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
    if folder := _data_dir(sys.argv):
        os.environ["HITL_DATA_DIR"] = folder
    execute_from_command_line(sys.argv)
