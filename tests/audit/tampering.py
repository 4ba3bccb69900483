"""What somebody with all rights could do to a ledger's rows; each kind says where the first bad place must be found."""

import json
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Any

from audit.standalone import verify_export as verifier

Rows = list[dict[str, Any]]
# The subject and number at which the verifier has to stop; None where the kind leaves no single answer.
Place = tuple[str, int] | None
Kind = Callable[[Rows, Random], Place]

KINDS: dict[str, Kind] = {}


def kind(tamper: Kind) -> Kind:
    KINDS[tamper.__name__] = tamper
    return tamper


def place(row: dict[str, Any]) -> tuple[str, int]:
    return row["subject"], row["seq"]


def chain_of(rows: Rows, subject: str) -> Rows:
    return [row for row in rows if row["subject"] == subject]


def inside(rows: Rows, rng: Random, *, spare: int = 1) -> tuple[Rows, int]:
    """A chain, and a position in it with at least `spare` entries after it."""
    subjects = sorted({row["subject"] for row in rows if len(chain_of(rows, row["subject"])) > spare})
    chain = chain_of(rows, rng.choice(subjects))
    return chain, rng.randrange(len(chain) - spare)


def told(rows: Rows, rng: Random, text: str) -> dict[str, Any]:
    """Any entry whose body has the text."""
    return rng.choice([row for row in rows if text in row["body"]])


def reseal(row: dict[str, Any], prev: str | None = None) -> None:
    """Make one entry consistent in itself, as a tamperer without any key can."""
    row["prev"] = prev or row["prev"]
    row["commitment"] = verifier.digest(row["body"], bytes.fromhex(row["salt"]))
    row["hash"] = verifier.seal(row)


def renumber(chain: Rows) -> None:
    for seq, row in enumerate(chain, 1):
        row["seq"] = seq


@kind
def edit_body(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["body"] = json.dumps({**json.loads(row["body"]), "note": f"edited {rng.random()}"})
    return place(row)


@kind
def edit_amount(rows: Rows, rng: Random) -> Place:
    row = told(rows, rng, "350.00")
    row["body"] = row["body"].replace("350.00", f"{rng.randrange(100, 349)}.00")
    return place(row)


@kind
def edit_time(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["at"] = row["at"][:20] + f"{(int(row['at'][20:26]) + rng.randrange(1, 999_999)) % 1_000_000:06d}Z"
    return place(row)


@kind
def edit_actor(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["actor"] = {**row["actor"], "id": row["actor"]["id"] + "x"}
    return place(row)


@kind
def edit_actor_type(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["actor"] = {**row["actor"], "type": "agent" if row["actor"]["type"] == "user" else "user"}
    return place(row)


@kind
def edit_actor_name(rows: Rows, rng: Random) -> Place:
    row = told(rows, rng, "Ana Ruíz")
    row["body"] = row["body"].replace("Ana Ruíz", "Mallory")
    return place(row)


@kind
def edit_verdict(rows: Rows, rng: Random) -> Place:
    row = told(rows, rng, '"type":"')
    swapped = {"approve": "reject", "reject": "approve"}
    old = next(ruling for ruling in swapped if f'"type":"{ruling}"' in row["body"])
    row["body"] = row["body"].replace(f'"type":"{old}"', f'"type":"{swapped[old]}"')
    return place(row)


@kind
def edit_kind(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["kind"] += ".not"
    return place(row)


@kind
def edit_digest(rows: Rows, rng: Random) -> Place:
    row = told(rows, rng, "sha256:a")
    row["body"] = row["body"].replace("sha256:a", "sha256:c", 1)
    return place(row)


@kind
def edit_commitment(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["commitment"] = verifier.digest(row["commitment"])
    return place(row)


@kind
def edit_hash(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["hash"] = verifier.digest(row["hash"])
    return place(row)


@kind
def edit_link(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["prev"] = verifier.digest(row["prev"])
    return place(row)


@kind
def replace_salt(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["salt"] = rng.randbytes(16).hex()
    return place(row)


@kind
def remove_salt(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["salt"] = None
    return place(row)


@kind
def flip_one_bit(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    column = rng.choice(["kind", "body", "salt", "commitment", "prev", "hash"])
    text, position = row[column], rng.randrange(len(row[column]))
    row[column] = text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]
    return place(row)


@kind
def swap_two_entries(rows: Rows, rng: Random) -> Place:
    chain, first = inside(rows, rng)
    second = rng.randrange(first + 1, len(chain))
    chain[first]["seq"], chain[second]["seq"] = chain[second]["seq"], chain[first]["seq"]
    return chain[0]["subject"], first + 1


@kind
def swap_two_bodies(rows: Rows, rng: Random) -> Place:
    chain, first = inside(rows, rng)
    second = rng.randrange(first + 1, len(chain))
    for column in ("salt", "body", "commitment"):
        chain[first][column], chain[second][column] = chain[second][column], chain[first][column]
    return place(chain[first])


@kind
def delete_one(rows: Rows, rng: Random) -> Place:
    chain, position = inside(rows, rng)
    rows.remove(chain[position])
    return chain[0]["subject"], position + 2


@kind
def delete_a_range(rows: Rows, rng: Random) -> Place:
    chain, first = inside(rows, rng)
    last = rng.randrange(first, len(chain) - 1)
    for row in chain[first : last + 1]:
        rows.remove(row)
    return chain[0]["subject"], last + 2


@kind
def delete_the_last(rows: Rows, rng: Random) -> Place:
    chain, position = inside(rows, rng)
    for row in chain[position + 1 :]:
        rows.remove(row)
    return chain[0]["subject"], position + 2


@kind
def delete_the_first(rows: Rows, rng: Random) -> Place:
    chain, position = inside(rows, rng)
    for row in chain[: position + 1]:
        rows.remove(row)
    return chain[0]["subject"], position + 2


@kind
def delete_a_chain(rows: Rows, rng: Random) -> Place:
    subject = rng.choice(rows)["subject"]
    rows[:] = [row for row in rows if row["subject"] != subject]
    return subject, 1


@kind
def renumber_after_deleting(rows: Rows, rng: Random) -> Place:
    chain, position = inside(rows, rng)
    rows.remove(chain.pop(position))
    renumber(chain)
    return chain[0]["subject"], position + 1


@kind
def insert_forged_between(rows: Rows, rng: Random) -> Place:
    chain, position = inside(rows, rng)
    forged = {**chain[position], "id": None, "kind": "case.commented"}
    reseal(forged, chain[position]["hash"])
    chain.insert(position + 1, forged)
    rows.append(forged)
    renumber(chain)
    return chain[0]["subject"], position + 2


@kind
def append_forged(rows: Rows, rng: Random) -> Place:
    """Perfectly linked, as anybody can do who writes to the table: the product did not count it."""
    last = chain_of(rows, rng.choice(rows)["subject"])[-1]
    forged = {**last, "id": None, "seq": last["seq"] + 1, "kind": "case.commented"}
    reseal(forged, last["hash"])
    rows.append(forged)
    return place(forged)


@kind
def duplicate_at_the_end(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    last = chain_of(rows, row["subject"])[-1]
    copy = {**row, "id": None, "seq": last["seq"] + 1}
    rows.append(copy)
    return place(copy)


@kind
def copy_to_another_chain(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    target = rng.choice(sorted({other["subject"] for other in rows} - {row["subject"]}))
    seq = chain_of(rows, target)[-1]["seq"] + 1
    rows.append({**row, "id": None, "subject": target, "seq": seq})
    return target, seq


@kind
def exchange_two_chains(rows: Rows, rng: Random) -> Place:
    first, second = rng.sample(sorted({row["subject"] for row in rows}), 2)
    for row in rows:
        row["subject"] = {first: second, second: first}.get(row["subject"], row["subject"])
    return min(first, second), 1


@kind
def forge_a_chain(rows: Rows, rng: Random) -> Place:
    """A case that never was, in perfect order."""
    prev, subject = verifier.GENESIS, f"case:case_0{rng.randrange(1000)}"
    for row in chain_of(rows, "case:case_4"):
        forged = {**row, "id": None, "subject": subject}
        reseal(forged, prev)
        prev = forged["hash"]
        rows.append(forged)
    return subject, 1


@kind
def recompute_one_entry(rows: Rows, rng: Random) -> Place:
    """Edited and made consistent in itself: the next one still knows the old hash."""
    chain, position = inside(rows, rng)
    chain[position]["body"] = '{"text":"it was approved"}'
    reseal(chain[position])
    return chain[0]["subject"], position + 2


@kind
def normalise_unicode(rows: Rows, rng: Random) -> Place:
    """The same to the eye."""
    row = rng.choice([row for row in rows if unicodedata.normalize("NFD", row["body"]) != row["body"]])
    row["body"] = unicodedata.normalize("NFD", row["body"])
    return place(row)


@kind
def write_json_anew(rows: Rows, rng: Random) -> Place:
    """The same to a parser."""
    row = rng.choice([row for row in rows if row["body"] != "{}"])
    row["body"] = json.dumps(json.loads(row["body"]), ensure_ascii=False)
    return place(row)


@kind
def escape_json_anew(rows: Rows, rng: Random) -> Place:
    row = rng.choice([row for row in rows if not row["body"].isascii()])
    row["body"] = json.dumps(json.loads(row["body"]), separators=(",", ":"), sort_keys=True)
    return place(row)


@kind
def sort_json_anew(rows: Rows, rng: Random) -> Place:
    row = rng.choice([row for row in rows if len(json.loads(row["body"])) > 1])
    items = dict(reversed(json.loads(row["body"]).items()))
    row["body"] = json.dumps(items, separators=(",", ":"), ensure_ascii=False)
    return place(row)


@kind
def pad_the_body(rows: Rows, rng: Random) -> Place:
    row = rng.choice(rows)
    row["body"] += rng.choice([" ", "\n", "\t"])
    return place(row)
