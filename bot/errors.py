"""What can go wrong, as users read it: the message is one sentence that says what to do next.

    VivaError                   exit code 1
    ├── SettingsError           a setting is wrong or missing; names it            (exit code 2)
    ├── UsageError              what was typed cannot be done; says what can       (exit code 2)
    ├── StoreError              the database cannot be reached, read or written
    ├── SandboxError            code cannot be run here; the rubric alone is graded
    └── ModelError              a model did not give a usable reply; the next judge takes over
        ├── ModelUnavailable    no connection, timeout, 429, 5xx, cut stream
        ├── ModelRefused        the model declined
        ├── ModelMalformed      the reply does not have the asked-for form
        └── BudgetSpent         the day's token budget is used up

`knowledge.errors.KnowledgeError` and `prompts.render.PromptError` are roots of their own, because
those packages import nothing of this one; `USER_ERRORS` names every root.
"""

from knowledge.errors import KnowledgeError
from prompts.render import PromptError


class VivaError(Exception):
    """Base of the tree; `str(error)` is shown to the user as it is."""

    exit_code = 1


class SettingsError(VivaError):
    """A setting is wrong or missing."""

    exit_code = 2


class UsageError(VivaError):
    """What was asked for cannot be done."""

    exit_code = 2


class StoreError(VivaError):
    """The database cannot be reached, read or written."""


class SandboxError(VivaError):
    """Code that was pasted cannot be run, through no fault of the code."""


class ModelError(VivaError):
    """A model gave no usable reply; `str(error)` completes "The chat judge ..."."""


class ModelUnavailable(ModelError):
    """No connection, timeout, rate limit, server error or a reply that broke off."""


class ModelRefused(ModelError):
    """The model declined to answer."""


class ModelMalformed(ModelError):
    """The reply does not have the form that was asked for."""


class BudgetSpent(ModelError):
    """The token budget of the person, or of everyone, is used up for today."""


USER_ERRORS = (VivaError, KnowledgeError, PromptError)
