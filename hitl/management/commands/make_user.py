from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from audit.actions import SYSTEM
from hitl.accounts.people import make_person
from hitl.accounts.roles import Role
from hitl.management.desk_command import DeskCommand
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = "Make a person who signs in. The password comes from HITL_PASSWORD, or is generated and printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without ``--queue`` the person works in all queues, also in later ones."""
        parser.add_argument("name")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--email", default="", help="the address by which single sign-on knows them")
        parser.add_argument("--queue", action="append", default=[], metavar="Q", help="works in it; repeatable")
        parser.add_argument("--skill", action="append", default=[], metavar="S", help="qualified for it; repeatable")
        parser.add_argument("--language", action="append", default=[], metavar="L", help="of the cases; repeatable")
        parser.add_argument("--reviews-quality", action="store_true", help="also judges the quality sample")
        parser.add_argument("--capacity", type=int, metavar="N", help="how many cases at once")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the person as JSON."""
        given = os.environ.get("HITL_PASSWORD")
        password = given or secrets.token_urlsafe(18)
        person = make_person(
            options["name"],
            role=options["role"],
            password=password,
            queues=options["queue"],
            skills=options["skill"],
            languages=options["language"],
            capacity=options["capacity"],
            reviews_quality=options["reviews_quality"],
            email=options["email"],
            actor=SYSTEM,
            at=clock.now(),
        )
        if given:
            self._warn_about(password, person)
        made = {
            "name": person.username,
            "id": person.reference,
            "role": person.role,
            "queues": "all" if person.all_queues else sorted(options["queue"]),
            "skills": person.skills,
        }
        self.show(made if given else made | {"password": password})

    def _warn_about(self, password: str, person: Any) -> None:
        """The operator chose it; they should know when it is a poor one."""
        try:
            validate_password(password, person)
        except ValidationError as error:
            self.stderr.write(f"This password is weak: {' '.join(error.messages)}")
