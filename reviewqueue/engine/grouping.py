"""Which failures are about the same thing: by intent, and within it by words.

Words are weighed by tf-idf; a source and a trigger count as words of their own. What is closer to a group that exists
than a fixed distance, on average over its members, joins it. What is left is grouped by average linkage up to the same
distance. Nothing of it is drawn by chance, so the same failures in the same order give the same groups.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A cosine distance on average; chosen on labelled questions of customers as a whole (docs/gaps.md).
FAR: Final = 0.85
# So many are compared with each other at once; more come in portions.
PORTION: Final = 2_000
_WORD: Final = re.compile(r"(?u)\b[^\W\d_]{3,40}\b")
_GERMAN_WORDS: Final = (
    "aber alle als also auch auf aus bei bin bis bitte das dass dem den der des die doch durch ein eine einem einen "
    "einer eines für gegen habe haben hat hatte hier ich ihm ihn ihnen ihr ihre ihrem ihren ist kann kein keine können "
    "man mehr mein meine meinem meinen mich mir mit muss nach nicht noch nur oder ohne schon sehr sein seine sich sie "
    "sind über und uns unser vom von vor war was weil wenn werden wie wir wird wurde zum zur"
)
_GERMAN: Final = frozenset(_GERMAN_WORDS.split())


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of one failure; ``facets`` are whole words of their own, such as ``source:Returns``."""

    key: str
    intent: str
    text: str
    facets: tuple[str, ...] = ()
    group: str = ""


def groups(failures: Sequence[Failure]) -> dict[str, str]:
    """For each failure without a group: the group that it joins, or the key of the first failure of its new one."""
    by_intent: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        by_intent[failure.intent.casefold()].append(failure)
    found: dict[str, str] = {}
    for intent in sorted(by_intent):
        found |= _of_intent(by_intent[intent])
    return found


def words(failure: Failure) -> list[str]:
    """The words that tell failures apart, its facets among them."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415 - large; only who groups needs it

    told = (word.casefold() for word in _WORD.findall(failure.text))
    return [word for word in told if word not in ENGLISH_STOP_WORDS and word not in _GERMAN] + list(failure.facets)


def telling(failures: Sequence[Failure], *, most: int = 4) -> list[str]:
    """The words that most of these failures share, and at least two of them: no single customer's name."""
    shared: dict[str, int] = defaultdict(int)
    for failure in failures:
        for word in {word for word in words(failure) if ":" not in word}:
            shared[word] += 1
    least = 2 if len(failures) > 1 else 1
    ranked = sorted((-count, word) for word, count in shared.items() if count >= least)
    return [word for _count, word in ranked[:most]]


def _of_intent(failures: Sequence[Failure]) -> dict[str, str]:
    known = [failure for failure in failures if failure.group]
    new = [failure for failure in failures if not failure.group]
    found: dict[str, str] = {}
    for start in range(0, len(new), PORTION):
        portion = new[start : start + PORTION]
        given = _placed(known, portion)
        found |= given
        known += [_in(failure, given[failure.key]) for failure in portion]
    return found


def _in(failure: Failure, group: str) -> Failure:
    return Failure(failure.key, failure.intent, failure.text, failure.facets, group)


def _placed(known: Sequence[Failure], new: Sequence[Failure]) -> dict[str, str]:
    vectors = _vectors([*known, *new])
    old, fresh = vectors[: len(known)], vectors[len(known) :]
    found = _joined([failure.group for failure in known], old, [failure.key for failure in new], fresh)
    left = [place for place, failure in enumerate(new) if failure.key not in found]
    found |= _linked([new[place].key for place in left], fresh[left])
    return found


def _vectors(failures: Sequence[Failure]) -> Any:
    """One row of length one each; without any word: a row of zeros."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - see above

    told = [words(failure) or [f"key:{failure.key}"] for failure in failures]
    weighed = TfidfVectorizer(analyzer=list, sublinear_tf=True)
    return weighed.fit_transform(told)


def _joined(groups: Sequence[str], old: Any, keys: Sequence[str], fresh: Any) -> dict[str, str]:
    """Those that are near enough to a group: near is the average over all its members."""
    if not groups or not keys:
        return {}
    import numpy as np  # noqa: PLC0415 - beside its user
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - the same

    names = sorted(set(groups))
    place = {name: n for n, name in enumerate(names)}
    rows = np.array([place[group] for group in groups])
    sizes = np.bincount(rows, minlength=len(names))
    member = csr_matrix((1 / sizes[rows], (rows, np.arange(len(groups)))), shape=(len(names), len(groups)))
    near = np.asarray((fresh @ (member @ old).T).todense())
    best = near.argmax(axis=1)
    return {key: names[best[n]] for n, key in enumerate(keys) if 1 - near[n, best[n]] <= FAR}


def _linked(keys: Sequence[str], vectors: Any) -> dict[str, str]:
    """Groups among what is left, each named by its first failure."""
    if len(keys) < 2:  # noqa: PLR2004 - one alone is a group
        return {key: key for key in keys}
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 - see above

    apart = 1 - (vectors @ vectors.T).toarray()
    linked = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=FAR
    ).fit_predict(apart.clip(0, 2))
    first: dict[int, str] = {}
    return {key: first.setdefault(int(label), key) for key, label in zip(keys, linked, strict=True)}


def members(given: Mapping[str, str], failures: Iterable[Failure]) -> dict[str, list[Failure]]:
    """The failures of each group, in their order."""
    found: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        if group := failure.group or given.get(failure.key, ""):
            found[group].append(failure)
    return found


def main() -> None:
    """Failures in, groups out, as JSON: for a process of its own that takes its large libraries with it."""
    told = [Failure(**{**each, "facets": tuple(each["facets"])}) for each in json.load(sys.stdin)]
    json.dump(groups(told), sys.stdout)


if __name__ == "__main__":
    main()
