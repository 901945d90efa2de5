"""In which workspaces Viva is: in one, by a token from the settings, or in many, by tokens that are kept encrypted."""

import json
import logging
import secrets
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

from bot.errors import SettingsError, VivaError
from bot.settings import SlackSettings
from bot.slack.telling import NotInstalled, code, passing
from bot.slack.web import Web, sdk_client
from bot.store.installations import Installations

log = logging.getLogger("viva.slack")

SCOPES = (
    "app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands", "files:read", "files:write",
    "groups:history", "im:history", "im:write", "users:read",
)  # fmt: skip
"""What the app may do, as manifest.yaml has it."""

_STATE_MINUTES = 10
_MAKE_A_KEY = (
    'make one with `python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"`'
)


@dataclass(frozen=True)
class Installed:
    """Viva in one workspace."""

    team: str
    name: str
    token: str
    bot: str
    bot_user: str


class Workspaces(ABC):
    """The workspaces that Viva is in, each with what speaks for it there."""

    def __init__(self, settings: SlackSettings, connections: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._connections = connections
        self._webs: dict[str, Web] = {}

    @abstractmethod
    async def find(self, team: str) -> Installed | None:
        """Viva in a workspace, or None."""

    @abstractmethod
    async def gone(self, team: str) -> None:
        """Viva was removed from a workspace, or its token was revoked."""

    @abstractmethod
    async def all(self) -> set[str]:
        """The ids of all workspaces."""

    async def web(self, team: str) -> Web:
        """What speaks for Viva in a workspace; raises NotInstalled."""
        if found := self._webs.get(team):
            return found
        installed = await self.find(team)
        if installed is None:
            raise NotInstalled(f"Viva is not installed in workspace {team}; install it there again.")
        web = self._webs[team] = self._speaking(installed.token)
        return web

    def _speaking(self, token: str | None) -> Web:
        return Web(sdk_client(self._settings.api, self._connections, token))

    async def authorize(self, team_id: str | None) -> AuthorizeResult:
        """Whose token answers something that came from Slack; none where Viva is not installed."""
        found = await self.find(team_id or "")
        if found is None:
            return AuthorizeResult(enterprise_id=None, team_id=team_id)
        return AuthorizeResult(
            enterprise_id=None,
            team_id=found.team,
            bot_id=found.bot,
            bot_user_id=found.bot_user,
            bot_token=found.token,
        )


class OneWorkspace(Workspaces):
    """The workspace of the token in the settings."""

    _installed: Installed

    async def open(self, token: SecretStr) -> None:
        """Ask whose token it is; raises SettingsError for one that Slack does not know, VivaError without Slack."""
        own = await asked(self._speaking(token.get_secret_value()), self._settings, "VIVA_SLACK_BOT_TOKEN")
        self._installed = Installed(
            own["team_id"], own.get("team", ""), token.get_secret_value(), own.get("bot_id", ""), own["user_id"]
        )

    async def find(self, team: str) -> Installed | None:
        """Viva in that workspace; people of another one write in a channel that is shared with it."""
        return self._installed if team == self._installed.team else None

    async def gone(self, team: str) -> None:
        """Nothing is kept, so nothing is removed."""
        log.warning("Viva was removed from workspace %s or its token was revoked; install it again", team)

    async def all(self) -> set[str]:
        """That one."""
        return {self._installed.team}


class ManyWorkspaces(Workspaces):
    """The workspaces that have installed Viva; their tokens are kept in the database, encrypted."""

    def __init__(
        self, settings: SlackSettings, connections: aiohttp.ClientSession, installations: Installations
    ) -> None:
        super().__init__(settings, connections)
        if settings.token_key is None:
            raise SettingsError(f"VIVA_SLACK_TOKEN_KEY is missing, by which tokens are encrypted; {_MAKE_A_KEY}.")
        self._cipher = cipher(settings.token_key)
        self._kept = installations
        self._found: dict[str, Installed] = {}

    async def find(self, team: str) -> Installed | None:
        """Viva in a workspace; looked up once."""
        if found := self._found.get(team):
            return found
        body = await self._kept.find(team)
        if body is None:
            return None
        try:
            found = Installed(**json.loads(self._cipher.decrypt(body)))
        except InvalidToken:
            log.warning("the token of workspace %s was encrypted by another VIVA_SLACK_TOKEN_KEY; add that key", team)
            return None
        self._found[team] = found
        return found

    async def all(self) -> set[str]:
        """All of them."""
        return set(await self._kept.all())

    async def add(self, installed: Installed) -> None:
        """Viva was installed, for the first time or again."""
        await self._kept.save(installed.team, self._cipher.encrypt(json.dumps(asdict(installed)).encode()))
        self._drop(installed.team)
        log.info("installed in workspace %s", installed.team)

    async def gone(self, team: str) -> None:
        """Nothing is kept of a workspace that Viva was removed from."""
        self._drop(team)
        if await self._kept.remove(team):
            log.info("removed from workspace %s", team)

    def _drop(self, team: str) -> None:
        self._found.pop(team, None)
        self._webs.pop(team, None)

    # How a workspace comes to be one of them

    async def begin(self) -> tuple[str, str]:
        """The address at Slack where somebody agrees to install Viva, and what they are to come back with."""
        state = secrets.token_urlsafe(32)
        await self._kept.begin(state, datetime.now(UTC) + timedelta(minutes=_STATE_MINUTES))
        query = {"client_id": self._settings.client_id, "scope": ",".join(SCOPES), "state": state}
        return f"{self._settings.api.removesuffix('/api')}/oauth/v2/authorize?{urlencode(query)}", state

    async def end(self, state: str, given: str) -> Installed | None:
        """Install Viva with the code that Slack gave; None where this was not begun here, or Slack says no."""
        if not (state and given and await self._kept.end(state)):
            return None
        secret = self._settings.client_secret
        try:
            granted = await self._speaking(None)(
                "oauth.v2.access",
                code=given,
                client_id=self._settings.client_id,
                client_secret=secret.get_secret_value() if secret else None,
            )
            own = await self._speaking(granted["access_token"])("auth.test")
        except SlackApiError as error:
            log.warning("an installation failed (%s)", code(error) or "no answer")
            return None
        token = granted["access_token"]
        installed = Installed(own["team_id"], own.get("team", ""), token, own.get("bot_id", ""), own["user_id"])
        await self.add(installed)
        return installed


def cipher(keys: SecretStr) -> MultiFernet:
    """Encrypts by the first of several keys, parted by commas, and decrypts by any; raises SettingsError."""
    try:
        return MultiFernet([Fernet(key) for key in keys.get_secret_value().split(",")])
    except ValueError:
        raise SettingsError(f"VIVA_SLACK_TOKEN_KEY is no key; {_MAKE_A_KEY}.") from None


async def asked(web: Web, settings: SlackSettings, variable: str, method: str = "auth.test") -> dict[str, Any]:
    """What Slack says to a token; SettingsError naming the variable where it says no, VivaError without Slack."""
    try:
        return await web(method)
    except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
        if isinstance(error, SlackApiError) and not passing(error):
            raise SettingsError(f"Slack does not take the token ({code(error)}); set {variable} anew.") from None
        what = type(error).__name__
        raise VivaError(f"Slack cannot be reached at {settings.api} ({what}); try again later.") from error
