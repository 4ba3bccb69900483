from __future__ import annotations

import difflib
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management.base import CommandError

from hitl.accounts.models import User
from hitl.management.desk_command import DeskCommand, as_json
from reviewqueue.domain import policies
from reviewqueue.domain.people import by
from reviewqueue.engine import policy as engine
from reviewqueue.engine import policy_file
from reviewqueue.engine.differences import differences, loosens
from reviewqueue.engine.lints import lints
from reviewqueue.models import PolicyVersion
from reviewqueue.queries import clock, looked, surroundings
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Mapping


# What is looked back on before a policy comes into force.
_DAYS: Final = timedelta(days=30)


class Command(DeskCommand):
    help = "The trigger policy as one file, YAML or JSON; - stands for standard input or output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One verb, one file."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="export|check|publish|diff")
        export = verbs.add_parser("export", help="write the policy in force; JSON where FILE ends in .json")
        export.add_argument("file")
        export.add_argument("--version", type=int, dest="number", help="an earlier version instead")
        verbs.add_parser("check", help="name every fault of the file, and what looks wrong").add_argument("file")
        verbs.add_parser("diff", help="what the file would change").add_argument("file")
        publish = verbs.add_parser("publish", help="put the file in force as a new version")
        publish.add_argument("file")
        publish.add_argument("--author", required=True, metavar="NAME", help="the person who answers for it")
        publish.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with the version")
        publish.add_argument("--approved-by", metavar="NAME", help="the second person, where one is needed")
        publish.add_argument("--blind", metavar="TEXT", help="why not to look at what it would have done; recorded")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what the verb says; a faulty policy changes nothing and ends with status 1."""
        try:
            getattr(self, f"_{options['verb']}")(options)
        except engine.PolicyError as error:
            faults = [f"{fault.path or '/'}: {fault.says}" for fault in error.faults]
            raise CommandError("\n".join(["The policy has faults:", *faults])) from error

    def _export(self, options: Mapping[str, Any]) -> None:
        document = _document(options["number"])
        wants_json = options["file"].endswith(".json")
        text = f"{as_json(document)}\n" if wants_json else policy_file.commented(document)
        if options["file"] == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["file"]).write_text(text)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error

    def _check(self, options: Mapping[str, Any]) -> None:
        policy = engine.parse(_read(options["file"]))
        rules = f"{len(policy.oversight)} oversight rules, {len(policy.triggers)} triggers"
        self.stdout.write(f"{policy.name}: no faults ({rules}).")
        found = lints(policy.document, surroundings.of_the_desk(at=clock.now()))
        for one in found:
            self.stdout.write(f"{one.severity}: {one.path or '/'}: {one.says}")

    def _diff(self, options: Mapping[str, Any]) -> None:
        number, current = policies.current(at=clock.now())
        given = engine.parse(_read(options["file"]))
        for one in differences(current.document, given.document):
            self.stdout.write(str(one))
        before, after = (policy_file.dump(policy.document).splitlines() for policy in (current, given))
        changes = difflib.unified_diff(before, after, f"version {number}, in force", options["file"], lineterm="")
        self.stdout.write("\n".join(changes) or f"The file says what version {number} says, which is in force.")

    def _publish(self, options: Mapping[str, Any]) -> None:
        author = _publisher(options["author"])
        second = _publisher(options["approved_by"]) if options["approved_by"] else None
        if not (reason := options["reason"].strip()):
            raise CommandError("Say why: --reason must not be empty.")
        document = _read(options["file"])
        policy = engine.parse(document)
        _require_second(policy, author, second)
        seen = self._looked(policy, blind=(options["blind"] or "").strip())
        version = policies.publish(
            document, author=author, actor=by(author), reason=reason, at=clock.now(), approved_by=second, looked=seen
        )
        shown = {"version": version.number, "name": version.document["name"], "digest": version.digest}
        shown |= {"author": author.username, "reason": version.reason, "what_if": seen}
        self.show(shown | ({"approved_by": second.username} if second else {}))

    def _looked(self, policy: engine.Policy, *, blind: str) -> dict[str, Any] | None:
        """What it would have done with the cases of the last days, shown before it is in force."""
        if blind:
            return {"blind": blind}
        if not looked.required():
            if not looked.anything():
                self.stderr.write("No case is recorded here yet, so nobody can say what it would have done.")
            return None
        # This brings NumPy, which only those who look back need.
        from reviewqueue.queries import what_if  # noqa: PLC0415 - see above
        from reviewqueue.queries.recorded import Period  # noqa: PLC0415 - see above

        report = what_if.report(policy, Period(start=clock.now() - _DAYS))
        return {"days": _DAYS.days, **looked.summary(report)}


def _publisher(name: str) -> User:
    """Somebody who may publish in the admin as well."""
    person: User | None = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandError(f"There is no active person named {name}.")
    if not person.may(Permission.CONFIGURE):
        raise CommandError(f"{name} has not the right to publish a policy; an administrator has.")
    return person


def _require_second(policy: engine.Policy, author: User, second: User | None) -> None:
    """Whoever reaches this command can reach the database; a second person is asked for where the operator wants it."""
    if second == author:
        raise CommandError("The second person must be another one than the author.")
    if settings.POLICY_SECOND_PERSON != "everywhere" or second is not None:
        return
    _number, current = policies.current(at=clock.now())
    if loosens(found := differences(current.document, policy.document)):
        told = [str(one) for one in found if one.effect.loosens]
        raise CommandError("\n".join(["This loosens scrutiny; name a second person with --approved-by:", *told]))


def _document(number: int | None) -> Mapping[str, Any]:
    if number is None:
        return policies.current(at=clock.now())[1].document
    version = PolicyVersion.objects.filter(pk=number).first()
    if version is None:
        raise CommandError(f"There is no version {number}.")
    document: Mapping[str, Any] = version.document
    return document


def _read(file: str) -> dict[str, Any]:
    try:
        return policy_file.load(sys.stdin.read() if file == "-" else Path(file).read_text())
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text.") from error
