"""Verification, login and sessions in Python, beside peers: what ``cargo compare`` runs.

``run.py WORK ROUNDS GROUP…``: ``WORK`` is the file with tokens and keys, ``ROUNDS`` how often each side is timed. Each
row goes to standard output as a JSON object of its own: microseconds per call, round by round.
"""

import json
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import growth
import threads
from ours import Ours, Work
from rounds import alone, pair
from sessions import sessions
from signing import signing

ALGS = ["RS256", "ES256", "EdDSA"]
SIGNING_ALGS = ["ES256", "RS256", "PS256"]


def verify(group: str, work: Work, rounds: int) -> None:
    ours = Ours(work, work["jwks"])
    for alg in ALGS:
        id_token = work["id_tokens"][alg]
        our_side = partial(ours.verify, id_token)
        if not work["peers"]:
            alone(group, alg, rounds, our_side)
            continue
        from peers import verifiers

        for name, verifier in verifiers(work, alg).items():
            pair(group, f"{name} {alg}", rounds, our_side, partial(verifier, id_token))


def two_threads(group: str, work: Work, rounds: int) -> None:
    ours = Ours(work, work["jwks"])
    for alg in ALGS:
        id_token = work["id_tokens"][alg]
        our_side = partial(ours.verify, id_token)
        if not work["peers"]:
            threads.gains(group, alg, rounds, our_side, None)
            continue
        from peers import floor

        threads.gains(group, f"floor {alg}", rounds, our_side, partial(floor(work), id_token))


def login(group: str, work: Work, rounds: int) -> None:
    ours = Ours(work, work["jwks"])
    for alg in ALGS:
        response = work["token_responses"][alg]
        ours.answer_tokens(response)
        if not work["peers"]:
            alone(group, f"Python {alg}", rounds, ours.log_in)
            continue
        from authlib_login import AuthlibLogin

        theirs = AuthlibLogin(work)
        theirs.answer_tokens(response)
        pair(group, f"Python, Authlib {alg}", rounds, ours.log_in, theirs.log_in)


def proofs(group: str, work: Work, rounds: int) -> None:
    for alg in SIGNING_ALGS:
        for what, our_side in signing(work, alg).items():
            if not work["peers"]:
                alone(group, f"Python {what} {alg}", rounds, our_side)
                continue
            from signing_peers import signers

            for name, their_side in signers(work, alg)[what].items():
                pair(group, f"{name} {what} {alg}", rounds, our_side, their_side)


def growing(group: str, work: Work, rounds: int) -> None:
    # There is nothing to tell apart by the last percent.
    few = -(-rounds // 10)
    growth.keys(group, work, few)
    growth.logins(group, few)


GROUPS: dict[str, Callable[[str, Work, int], None]] = {
    "python": verify,
    "python-threads": two_threads,
    "login": login,
    "proofs": proofs,
    "sessions": sessions,
    "growth": growing,
}


def main(path: str, rounds: str, *groups: str) -> None:
    # Some libraries find EdDSA's name deprecated, at each call.
    warnings.simplefilter("ignore")
    work: Work = json.loads(Path(path).read_text())
    for group in groups:
        GROUPS[group](group, work, int(rounds))


if __name__ == "__main__":
    main(*sys.argv[1:])
