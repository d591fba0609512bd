"""Who is who over a whole clip: detections become pieces that are surely of one person, and pieces people.

People are followed through the clip forwards and backwards. Where both agree, and nobody else is near who may
have been meant, detections belong to one piece. Where people overlap, hide each other or are lost, pieces
end; which goes on as which is decided for all pieces of such a stretch at once, by what was before and what
came after it: where bodies were going, and how long their limbs and how large they are in the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby, pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from rtpca.arrays import BoolArray, DoubleArray, IntArray
from rtpca.errors import InputError
from rtpca.keypoints.following import Follower, body_sizes, middle_of
from rtpca.keypoints.pieces import Piece, fit_cost, link_cost

_FOLLOWED = 30
"""Frames after which the follower gives somebody up; pieces are joined over longer gaps."""
_SURE_GAP = 2
_NEAR = 0.9
"""Two people within this part of their size of each other may be taken for one another."""
_LONG = 6
_UNLINKED = 60.0
_AMBIGUOUS, _APART = 5.0, 15
_TRUST, _TRUST_PER_MARGIN = 2.0, 0.6
_DOUBTFUL = 6.0
"""An assignment whose exchange costs less than that more is told: it is as likely as 1 in 20."""
_LARGEST_CROWD = 500
_FITTING = 12.0
_SHARED, _TWICE = 0.02, 0.8
"""Two people share a joint within this part of their size; who shares more than that part is one person."""
_LONGEST_GAP_S = 4.0
"""Somebody who is out of sight for longer is a new person."""
_LASTING_S, _LEAP = 0.5, 0.6
_USUAL_MISFIT = 0.03


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place where two people might as well have changed their parts.

    Attributes:
        frame: About when.
        detections: The last detection of each before it.
    """

    frame: int
    detections: tuple[int, int]

    def about(self, person: Piece) -> bool:
        """Whether it is about this person."""
        return bool(np.isin(self.detections, person.members).any())

    def note(self) -> str:
        """What to say to the user."""
        return (
            f"warning: about frame {self.frame} two people are so alike, or hidden for so long, that they "
            "may be exchanged from there on"
        )


def identify(whole: Piece, known: Sequence[Piece], fps: float) -> tuple[list[Piece], list[Doubt]]:
    """Whose every detection is.

    Args:
        whole: All detections, in the order of frames.
        known: People whose identity is known; they keep their detections, and may get others.
        fps: Frames per second, about.

    Returns:
        The people, those who are known first; where it is doubtful who is who.

    Raises:
        InputError: a frame shows more people than can be followed.
    """
    frames = whole.frames
    crowd = int(np.unique(frames, return_counts=True)[1].max())
    if crowd > _LARGEST_CROWD:
        raise InputError(
            f"a frame shows {crowd} people; at most {_LARGEST_CROWD} are followed at a time, unless the file "
            "says who is who"
        )
    whole = replace(whole, joints=_without_shared(frames, whole.joints))
    places = whole.joints
    forwards, misfit = _followed(frames, places, range(len(frames)))
    backwards, _ = _followed(frames, places, range(len(frames) - 1, -1, -1))
    links = {
        (a, b): min(margin, backwards[b, a]) for (a, b), margin in forwards.items() if (b, a) in backwards
    }
    if known:
        taken = set(np.concatenate([one.members for one in known]).tolist())
        links = {link: margin for link, margin in links.items() if taken.isdisjoint(link)}
    else:
        taken = set()
    pieces = [one for one in _sure_pieces(whole, links) if taken.isdisjoint(one.members.tolist())]
    long = [one for one in pieces if len(one.members) >= _LONG]
    short = [one for one in pieces if len(one.members) < _LONG]
    people, doubts = _linked(long, misfit, _LONGEST_GAP_S * fps, links)
    return _filled([*known, *people], short, misfit), doubts


def _without_shared(frames: IntArray, places: DoubleArray) -> DoubleArray:
    """(N, J, 2) places, NaN where somebody else of the frame has the same joint: it tells of neither.

    A detector puts joints that a body hides onto the body in front. Who shares most joints with somebody is
    found twice, and keeps them.
    """
    own = places.copy()
    sizes = body_sizes(places)
    first = np.flatnonzero(np.diff(frames, prepend=-1))
    for start, end in pairwise([*first.tolist(), len(frames)]):
        for index in range(start, end) if end - start > 1 else ():
            others = np.r_[start:index, index + 1 : end]
            offset = places[others] - places[index]  # (P, J, 2)
            shared = np.hypot(offset[..., 0], offset[..., 1]) < _SHARED * sizes[index]
            common = np.isfinite(offset[..., 0]).sum(axis=1)
            twice = shared.sum(axis=1) > _TWICE * common
            own[index, shared[~twice].any(axis=0)] = np.nan
    nothing = np.isnan(own[..., 0]).all(axis=1)
    own[nothing] = places[nothing]
    return own


def linked(pieces: Sequence[Piece], fps: float) -> list[Piece]:
    """Pieces of people, those joined that go on as one another; see `identify`."""
    return _linked(list(pieces), _USUAL_MISFIT, _LONGEST_GAP_S * fps, {})[0]


def without_leaps(whole: Piece, fps: float) -> list[Piece]:
    """Detections of which no two are in one frame: one person, or several who are there one after the other.

    Single detections may lie anywhere: a detector errs. Who leaps and stays there for half a second is
    somebody else; who was out of sight for long may have walked anywhere.
    """
    centres = np.array([middle_of(joints) for joints in whole.joints])
    sizes = body_sizes(whole.joints)
    leaps = [0, *(np.flatnonzero(~_may_go(whole.frames, centres, sizes)) + 1).tolist(), len(whole.frames)]
    parts = [whole.part(slice(a, b)) for a, b in pairwise(leaps)]
    lasting = [part for part in parts if len(part.frames) >= _LASTING_S * fps]
    people: list[Piece] = []
    for part in lasting:
        before = people[-1] if people else part
        ends = np.array([before.members[-1], part.members[0]])
        gap = part.first - before.last
        if people and (
            gap > _LONGEST_GAP_S * fps or _may_go(whole.frames[ends], centres[ends], sizes[ends])[0]
        ):
            people[-1] = before.joined(part)
        else:
            people.append(part)
    if len(people) < 2:
        return [whole]
    moments = [part for part in parts if len(part.frames) < _LASTING_S * fps]
    return people + moments


def _may_go(frames: IntArray, centres: DoubleArray, sizes: DoubleArray) -> BoolArray:
    """(N - 1,) whether each of (N,) detections may go on as the next."""
    gaps = np.diff(frames)
    steps = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    return steps <= _LEAP * np.maximum(sizes[1:], sizes[:-1]) * np.sqrt(gaps)


def _followed(
    frames: IntArray, places: DoubleArray, order: Sequence[int]
) -> tuple[dict[tuple[int, int], float], float]:
    """Which detection follows which, with the margin, and how far joints usually are from where expected."""
    follower = Follower(_FOLLOWED)
    last: dict[int, int] = {}
    links: dict[tuple[int, int], float] = {}
    start = frames[order[0]]
    for frame, found in groupby(order, key=frames.__getitem__):
        members = list(found)
        known = follower.update(abs(frame - start), places[members])
        for index, identity, margin in zip(members, known, follower.margins, strict=True):
            if identity in last:
                links[last[identity], index] = margin
            last[identity] = index
    return links, follower.misfit


def _sure_pieces(whole: Piece, links: dict[tuple[int, int], float]) -> list[Piece]:
    """Detections that follow each other in both directions, cut where somebody else may have been meant."""
    frames = whole.frames
    follower = {a: b for a, b in links if frames[b] - frames[a] <= _SURE_GAP or not _others_near(whole, a, b)}
    chains: list[list[int]] = []
    for start in sorted(set(range(len(frames))) - set(follower.values())):
        chain = [start]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        chains.append(chain)
    pieces: list[Piece] = []
    for chain in chains:
        margins = np.array([links[link] for link in pairwise(chain)])
        cuts = [0, len(chain)]
        for link in np.argsort(margins).tolist():
            if margins[link] >= _AMBIGUOUS:
                break
            near = min(abs(link + 1 - cut) for cut in cuts[2:]) if cuts[2:] else _APART
            if near >= _APART and _LONG <= link + 1 <= len(chain) - _LONG:
                cuts.append(link + 1)
        pieces += [whole.part(chain[a:b]) for a, b in pairwise(sorted(cuts))]
    return pieces


def _others_near(whole: Piece, a: int, b: int) -> bool:
    """Whether between the frames of two detections somebody else was seen near one of them."""
    frames, places = whole.frames, whole.joints
    first, last = np.searchsorted(frames, [frames[a], frames[b] + 1])
    reach = _NEAR * body_sizes(places[[a, b]]).max()
    ends = middle_of(places[a]), middle_of(places[b])
    return any(
        np.hypot(*(middle_of(places[other]) - end)) < reach
        for other in range(first, last)
        if other not in (a, b)
        for end in ends
    )


def _linked(
    pieces: list[Piece], misfit: float, longest_gap: float, trusted: Mapping[tuple[int, int], float]
) -> tuple[list[Piece], list[Doubt]]:
    """Pieces, those that go on as one another joined: the cheapest assignment of all ends to all starts.

    Links of detections that were followed in both directions are trusted by their margins.
    """
    order = sorted(range(len(pieces)), key=lambda index: pieces[index].first)
    firsts = np.array([pieces[index].first for index in order])
    rows: list[int] = []
    columns: list[int] = []
    costs: list[float] = []
    for i, one in enumerate(pieces):
        begin, end = np.searchsorted(firsts, [one.last + 1, one.last + longest_gap + 1])
        for j in order[begin:end]:
            cost = link_cost(one, pieces[j], misfit)
            margin = trusted.get((int(one.members[-1]), int(pieces[j].members[0])))
            cost -= 0 if margin is None else _TRUST + _TRUST_PER_MARGIN * min(margin, _AMBIGUOUS)
            if cost < _UNLINKED:
                rows.append(i)
                columns.append(j)
                costs.append(cost)
    follower, close = _assigned(len(pieces), np.array(rows, int), np.array(columns, int), np.array(costs))
    people: list[Piece] = []
    for start in sorted(set(range(len(pieces))) - set(follower.values())):
        person, current = pieces[start], start
        while current in follower:
            current = follower[current]
            person = person.joined(pieces[current])
        people.append(person)
    ends = [(pieces[i], pieces[j]) for i, j in close]
    doubts = [Doubt(max(a.last, b.last), (int(a.members[-1]), int(b.members[-1]))) for a, b in ends]
    return people, doubts


def _assigned(
    count: int, rows: IntArray, columns: IntArray, costs: DoubleArray
) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """Each end's start, and pairs of ends that might as well have each other's.

    Stretch by stretch: ends and starts that compete are assigned together.
    """
    if not len(rows):
        return {}, []
    links = coo_matrix((np.ones(len(rows)), (rows, count + columns)), shape=(2 * count, 2 * count))
    stretch = connected_components(links, directed=False)[1][rows]
    follower: dict[int, int] = {}
    close: list[tuple[int, int]] = []
    for part in np.unique(stretch):
        here = np.flatnonzero(stretch == part)
        ends, row = np.unique(rows[here], return_inverse=True)
        starts, column = np.unique(columns[here], return_inverse=True)
        matrix = np.full((len(ends), len(starts)), _UNLINKED)
        matrix[row, column] = costs[here]
        pairs = [
            (i, j) for i, j in zip(*linear_sum_assignment(matrix), strict=True) if matrix[i, j] < _UNLINKED
        ]
        follower |= {int(ends[i]): int(starts[j]) for i, j in pairs}
        close += [
            (int(ends[i]), int(ends[k]))
            for (i, j), (k, m) in combinations(pairs, 2)
            if matrix[i, m] + matrix[k, j] - matrix[i, j] - matrix[k, m] < _DOUBTFUL
        ]
    return follower, close


def _filled(people: list[Piece], short: list[Piece], misfit: float) -> list[Piece]:
    """Short pieces go to whom they fit, between or beside their other detections; others stay alone."""
    left: list[Piece] = []
    for piece in sorted(short, key=lambda one: -len(one.members)):
        costs = [(fit_cost(person, piece, misfit), index) for index, person in enumerate(people)]
        best = min(costs, default=(np.inf, 0))
        if best[0] < _FITTING:
            people[best[1]] = people[best[1]].joined(piece)
        else:
            left.append(piece)
    return people + _linked(left, misfit, _FOLLOWED, {})[0]
