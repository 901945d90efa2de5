"""manifest.yaml is one that Slack takes, and asks for no more than is said there."""

import re

from tests.slack.manifest import PATH, document, manifest
from tests.slack.shapes import boolean, number, one_of, several, string, thing

WHOLE = thing(
    _metadata_=thing(major_version_=number(2, 2)),
    display_information_=thing(
        name_=string(35), description_=string(140), long_description_=string(4_000), background_color=string(7)
    ),
    features_=thing(
        bot_user_=thing(display_name_=string(80), always_online=boolean),
        app_home_=thing(
            home_tab_enabled_=boolean, messages_tab_enabled_=boolean, messages_tab_read_only_enabled_=boolean
        ),
        agent_view_=thing(
            agent_description_=string(300), suggested_prompts=several(4, thing(title_=string(), message_=string()))
        ),
        slash_commands_=several(
            50,
            thing(command_=string(32), description_=string(2_000), usage_hint=string(1_000), should_escape=boolean),
        ),
        shortcuts_=several(
            10,
            thing(
                name_=string(24),
                type_=one_of("message", "global"),
                callback_id_=string(255),
                description_=string(150),
            ),
        ),
    ),
    oauth_config_=thing(scopes_=thing(bot_=several(255, string()))),
    settings_=thing(
        event_subscriptions_=thing(bot_events_=several(100, string())),
        interactivity_=thing(is_enabled_=boolean),
        org_deploy_enabled=boolean,
        socket_mode_enabled_=boolean,
        token_rotation_enabled=boolean,
    ),
)  # fmt: skip
# What each event and each thing that the bot does needs, by Slack's reference; nothing else is asked for.
NEEDED = {
    "app_mention": "app_mentions:read",
    "agent_session_stopped": "assistant:write",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "chat.postMessage": "chat:write",
    "/viva": "commands",
    "url_private": "files:read",
    "files.completeUploadExternal": "files:write",
    "conversations.open": "im:write",
    "users.info": "users:read",
}
NO_SCOPE = {"app_home_opened", "app_uninstalled", "tokens_revoked"}


def test_the_manifest_has_the_shape_and_the_limits_that_slack_wants() -> None:
    assert list(WHOLE(document(), "manifest")) == []
    assert len(document()["display_information"]["long_description"]) >= 174


def test_the_app_is_an_agent_with_a_home_and_messages_that_can_be_answered() -> None:
    features = document()["features"]
    assert "assistant_view" not in features
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert document()["settings"]["socket_mode_enabled"] is True
    assert document()["settings"]["interactivity"]["is_enabled"] is True


def test_no_scope_is_asked_for_that_nothing_needs_and_none_is_missing() -> None:
    asked = manifest()
    assert asked.scopes == set(NEEDED.values())
    assert asked.events <= NEEDED.keys() | NO_SCOPE
    assert {event for event in NEEDED if event.startswith(("message.", "app_", "agent_"))} <= asked.events
    assert {"app_home_opened", "app_uninstalled", "tokens_revoked"} <= asked.events


def test_every_scope_says_what_it_is_for() -> None:
    lines = PATH.read_text(encoding="utf-8").splitlines()
    assert [
        scope for scope in manifest().scopes if not any(re.match(rf" +- {scope} # \w", line) for line in lines)
    ] == []


def test_there_is_one_command_and_one_shortcut() -> None:
    assert manifest().commands == {"/viva"}
    assert manifest().shortcuts == {"grade_this_answer"}
    assert document()["features"]["shortcuts"][0]["name"] == "Grade this answer"
    assert dict(manifest().prompts)["Drill me"] == "drill"
