"""The double's files: an address to post the bytes to, and then the word that they are all there."""

from __future__ import annotations

from tests.slack.calls import Request
from tests.slack.double import Double
from tests.slack.methods import channel_of, method
from tests.slack.shown import parts
from tests.slack.world import Json, Refusal, Workspace

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")


@method("files.getUploadURLExternal", "files:write")
async def upload_url(slack: Double, there: Workspace, request: Request) -> Json:
    """Where to post a file of this length."""
    name, length = request.body.get("filename"), int(request.body.get("length") or 0)
    if not name or length <= 0:
        raise Refusal("invalid_arguments")
    file: Json = {"id": slack.clock.id("F"), "name": name, "size": length, "alt_txt": request.body.get("alt_txt", "")}
    there.files[file["id"]] = file
    return {"upload_url": f"{slack.address}/upload/v1/{file['id']}", "file_id": file["id"]}


@method("files.completeUploadExternal", "files:write")
async def complete_upload(slack: Double, there: Workspace, request: Request) -> Json:
    """The files are there; with a channel they are shown in it."""
    files = [_completed(slack, there, each) for each in request.body.get("files") or ()]
    if not files:
        raise Refusal("invalid_arguments")
    if request.body.get("channel_id"):
        channel = channel_of(there, request, "channel_id")
        body = {"text": request.body.get("initial_comment", ""), "thread_ts": request.body.get("thread_ts")}
        slack.posted(there, channel, there.by_viva(body | {"subtype": "file_share"}, files))
    return {"files": files}


def _completed(slack: Double, there: Workspace, wanted: Json) -> Json:
    file = there.files.get(wanted.get("id", ""))
    data = slack.uploads.get(wanted.get("id", ""))
    if file is None or data is None:
        raise Refusal("file_not_found")
    if len(data) != file["size"]:
        raise Refusal("file_update_failed")
    file |= {"title": wanted.get("title", file["name"]), "image": data.startswith(_IMAGES)}
    return file


def ready(there: Workspace, blocks: list[Json]) -> None:
    """Raises `invalid_blocks` where a block shows a file that is no picture, or not yet one."""
    for part in parts(blocks):
        if "slack_file" in part:
            file = there.files.get(part["slack_file"]["id"], {})
            if not file.get("image"):
                raise Refusal("invalid_blocks", response_metadata={"messages": ["[ERROR] invalid slack file"]})
