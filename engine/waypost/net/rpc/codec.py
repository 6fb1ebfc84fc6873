"""JSON-RPC 2.0 as bytes: requests and batches out, answers matched by id in.

A node may be broken or hostile: whatever it sends becomes results or RpcErrors with a reason.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Call
from waypost.trust.one_line import one_line


def encode_call(call: Call, id_: int) -> bytes:
    """The request for a call."""
    return orjson.dumps(_request(call, id_))


def encode_batch(calls: Sequence[Call], ids: Sequence[int]) -> bytes:
    """One request for all of the calls."""
    requests = [_request(call, id_) for call, id_ in zip(calls, ids, strict=True)]
    return orjson.dumps(requests)


def decode(message: bytes | bytearray | str) -> Any:
    """What a node's message says. Raises RpcError (`not-json`)."""
    try:
        return orjson.loads(message)  # whose depth is bounded, whatever limit Python has
    except ValueError:
        raise RpcError("not-json", "the answer is not JSON") from None


def result_of(document: Any, id_: int) -> Any:
    """The `result` in the answer to the request with this id. Raises RpcError."""
    if not isinstance(document, dict) or document.get("jsonrpc") != "2.0":
        raise RpcError("bad-answer", "the answer is not JSON-RPC 2.0")
    if (error := document.get("error")) is not None:
        raise node_error(error)
    if type(document.get("id")) is not int or document["id"] != id_:
        raise RpcError("wrong-id", "the answer belongs to another request")
    if "result" not in document:
        raise RpcError("bad-answer", "the answer has neither a result nor an error")
    return document["result"]


def answers_of(document: Any, ids: Sequence[int]) -> list[Answer]:
    """The answers to the batch of these ids, in their order. Raises RpcError.

    Answers may come in any order. One that is missing is an RpcError (`no-answer`, or what the
    node says without an id); one too many, or to something else, spoils the batch (`wrong-id`).
    """
    if not isinstance(document, list):
        if isinstance(document, dict) and document.get("error") is not None:
            raise node_error(document["error"])
        raise RpcError("bad-answer", "the answer to a batch is not a list")
    if len(document) > len(ids):
        raise RpcError("wrong-id", "the answer to a batch has more entries than the batch")
    missing = RpcError("no-answer", "the node left this call of a batch unanswered")
    expected, answers = set(ids), dict[int, Answer]()
    for entry in document:
        id_ = entry.get("id") if isinstance(entry, dict) else None
        if id_ is None and isinstance(entry, dict) and entry.get("error") is not None:
            missing = node_error(entry["error"])
        elif type(id_) is not int or id_ in answers or id_ not in expected:
            raise RpcError("wrong-id", "the batch has an answer to something else, or two to one")
        else:
            answers[id_] = _answer(entry, id_)
    return [answers.get(id_, missing) for id_ in ids]


def node_error(error: Any) -> RpcError:
    """What the node says went wrong. The revert data of a call come along where it sends them."""
    if not isinstance(error, dict):
        return RpcError("rpc-error", one_line(error))
    code, data = error.get("code"), error.get("data")
    try:
        revert = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else b""
    except ValueError:
        revert = b""
    return RpcError(
        "rpc-error",
        one_line(error.get("message")),
        code=code if isinstance(code, int) else None,
        data=revert,
    )


def _request(call: Call, id_: int) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "method": call.method, "params": call.params}


def _answer(entry: Any, id_: int) -> Answer:
    try:
        return result_of(entry, id_)
    except RpcError as error:
        return error
