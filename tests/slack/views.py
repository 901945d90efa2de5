"""The double's views: forms over the messages, and the Home tab."""

from __future__ import annotations

import time
from copy import deepcopy

from tests.slack import double
from tests.slack.calls import Request
from tests.slack.double import Double
from tests.slack.files import ready
from tests.slack.methods import method
from tests.slack.people import Act
from tests.slack.world import APP, Json, Refusal, Workspace

_PUSHES = 3  # forms above one another


def _triggered(slack: Double, request: Request) -> Act:
    """What somebody did that lets Viva show them a form, once and at once."""
    trigger = slack.triggers.get(request.body.get("trigger_id", ""))
    if trigger is None:
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    if time.monotonic() - trigger.at > double.TRIGGER_SECONDS:
        raise Refusal("expired_trigger_id")
    trigger.used = True
    return trigger.act


def made(slack: Double, there: Workspace, given: Json, **more: str | None) -> Json:
    """A view as Slack keeps it."""
    ready(there, given["blocks"])
    kept: Json = {"state": {"values": {}}, "private_metadata": "", "callback_id": "", "close": None, "submit": None}
    view: Json = kept | deepcopy(given) | {"id": slack.clock.id("V"), "team_id": there.id, "app_id": APP}
    view |= {"bot_id": there.bot_id, "hash": slack.clock.ts(), "root_view_id": view["id"], "previous_view_id": None}
    view |= more
    for number, block in enumerate(view["blocks"]):
        block.setdefault("block_id", f"b{number}")
    there.views[view["id"]] = view
    slack.changed.set()
    return view


@method("views.open")
async def views_open(slack: Double, there: Workspace, request: Request) -> Json:
    """A form, above everything else."""
    act = _triggered(slack, request)
    view = made(slack, there, request.body["view"])
    act.modal = view
    act.person.modals = [view]
    return {"view": view}


@method("views.push")
async def views_push(slack: Double, there: Workspace, request: Request) -> Json:
    """A form above the one that somebody has before them."""
    act = _triggered(slack, request)
    return {"view": pushed(slack, act, request.body["view"])}


def pushed(slack: Double, act: Act, given: Json) -> Json:
    """One more form above the others."""
    modals = act.person.modals
    if not modals or len(modals) >= _PUSHES:
        raise Refusal("push_limit_reached" if modals else "not_found")
    view = made(slack, act.person.workspace, given,
                previous_view_id=modals[-1]["id"], root_view_id=modals[0]["id"])  # fmt: skip
    modals.append(view)
    act.modal = view
    return view


@method("views.update")
async def views_update(slack: Double, there: Workspace, request: Request) -> Json:
    """Another form in the place of one."""
    view = there.views.get(request.body.get("view_id", ""))
    if view is None:
        raise Refusal("not_found")
    if request.body.get("hash", view["hash"]) != view["hash"]:
        raise Refusal("hash_conflict")
    return {"view": replaced(slack, there, view, request.body["view"])}


def replaced(slack: Double, there: Workspace, view: Json, given: Json) -> Json:
    """Change a view in place."""
    fresh = made(slack, there, given)
    del there.views[fresh["id"]]
    stays = {key: view[key] for key in ("id", "root_view_id", "previous_view_id")}
    view.clear()
    view |= fresh | stays
    return view


@method("views.publish")
async def views_publish(slack: Double, there: Workspace, request: Request) -> Json:
    """Somebody's Home tab."""
    user = request.body.get("user_id", "")
    if user not in there.users:
        raise Refusal("user_not_found")
    if request.body["view"].get("type") != "home":
        raise Refusal("invalid_arguments")
    there.homes[user] = made(slack, there, request.body["view"])
    return {"view": there.homes[user]}
