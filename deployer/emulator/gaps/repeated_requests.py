"""Takes a request with the token of an earlier one for the same request.

AWS: answers a repeated request as the first one, so that a client may send one again whose answer was lost.
    Source: CloudFormation API reference, "CreateChangeSet" (`ClientToken`) and "ExecuteChangeSet"
    (`ClientRequestToken`).
ministack: takes it for another request, which fails.
"""

from __future__ import annotations

from aws.change_sets import Answer, Handler, Request, parameter, replaces_action

# Answers by action and token.
ANSWERS: dict[tuple[str, str], Answer] = {}


@replaces_action("CreateChangeSet")
def create_change_set_once(create: Handler, request: Request) -> Answer:
    """Makes a change set for the first of equal requests."""
    return once("CreateChangeSet", parameter(request, "ClientToken"), create, request)


@replaces_action("ExecuteChangeSet")
def execute_change_set_once(execute: Handler, request: Request) -> Answer:
    """Executes it for the first of equal requests."""
    return once("ExecuteChangeSet", parameter(request, "ClientRequestToken"), execute, request)


def once(action: str, token: str, handle: Handler, request: Request) -> Answer:
    """Answers a repeated request as the first one was answered."""
    if token and (action, token) in ANSWERS:
        return ANSWERS[action, token]
    answer = handle(request)
    if token and answer[0] == 200:
        ANSWERS[action, token] = answer
    return answer
