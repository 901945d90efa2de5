"""An error nobody foresaw: an id for the person, the details for the log."""

import logging
import traceback
from uuid import uuid4


def noted(error: BaseException) -> str:
    """Log an error and give the eight hexadecimal digits that name it there."""
    error_id = uuid4().hex[:8]
    # Frames and type only: the message of an error can quote what somebody answered.
    frames = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("viva").error("unexpected %s %s\n%s", error_id, type(error).__name__, frames)
    return error_id


def told(error: BaseException) -> str:
    """Log an error and give the sentence for the person it hit."""
    return f"Something unexpected went wrong (id {noted(error)}); try again, and tell whoever runs this Viva the id."
