"""JSON-RPC as bytes: every answer of a node is a result or an RpcError with a reason."""

import json
from typing import Any

import pytest

from waypost.errors import RpcError
from waypost.net.rpc.codec import answers_of, decode, encode_batch, encode_call, result_of
from waypost.trust.exchange import Call

IDS = [5, 6, 7]
REFUSAL = {"code": -32600, "message": "batch too large"}


def test_a_request() -> None:
    assert json.loads(encode_call(Call("eth_call", [{"to": "0x1"}, "latest"]), 7)) == {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "eth_call",
        "params": [{"to": "0x1"}, "latest"],
    }


def test_a_batch() -> None:
    calls = [Call("eth_chainId"), Call("eth_getCode", ["0x1", "latest"])]
    document = json.loads(encode_batch(calls, [1, 2]))
    assert [(entry["id"], entry["method"]) for entry in document] == [
        (1, "eth_chainId"),
        (2, "eth_getCode"),
    ]


def reply(id_: object, result: object = "-", **members: Any) -> dict[str, Any]:
    members = members if result == "-" else members | {"result": result}
    return {"jsonrpc": "2.0", "id": id_} | members


def told(document: object) -> list[object]:
    """Results as they are, errors by their reasons."""
    answers = answers_of(document, IDS)
    return [a.reason if isinstance(a, RpcError) else a for a in answers]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([reply(5, "a"), reply(6, "b"), reply(7, None)], ["a", "b", None]),
        ([reply(7, "c"), reply(5, "a"), reply(6, "b")], ["a", "b", "c"]),
        ([reply(5, "a"), reply(7, "c")], ["a", "no-answer", "c"]),
        ([], ["no-answer"] * 3),
        ([reply(5, "a"), reply(6, error=REFUSAL), reply(7)], ["a", "rpc-error", "bad-answer"]),
        ([reply(5, "a"), reply(None, error=REFUSAL)], ["a", "rpc-error", "rpc-error"]),
        ([reply(5, "a"), {"id": 6, "result": "b"}], ["a", "bad-answer", "no-answer"]),
    ],
)
def test_the_answers_to_a_batch_are_matched_by_id(document: object, expected: object) -> None:
    assert told(document) == expected


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([reply(5, "a"), reply(5, "b")], "wrong-id"),
        ([reply(5, "a"), reply(8, "b")], "wrong-id"),
        ([reply("5", "a")], "wrong-id"),
        ([reply(5.0, "a")], "wrong-id"),
        ([reply(None, "a")], "wrong-id"),
        ([reply(True, "a")], "wrong-id"),
        ([reply([], "a")], "wrong-id"),
        ([None], "wrong-id"),
        (["a", "b", "c"], "wrong-id"),
        ([reply(5, "a")] * 4, "wrong-id"),
        (reply(5, "a"), "bad-answer"),
        (reply(None, error=REFUSAL), "rpc-error"),
        ("abc", "bad-answer"),
        (None, "bad-answer"),
    ],
)
def test_an_answer_to_something_else_spoils_a_batch(document: object, reason: str) -> None:
    with pytest.raises(RpcError) as raised:
        answers_of(document, IDS)
    assert raised.value.reason == reason


def test_a_result_that_is_null_is_a_result() -> None:
    assert result_of(decode(b'{"jsonrpc":"2.0","id":1,"result":null}'), 1) is None


def test_revert_data_come_along() -> None:
    error = {"code": 3, "message": "execution reverted", "data": "0x08c379a0"}
    with pytest.raises(RpcError) as raised:
        result_of(reply(1, error=error), 1)
    assert (raised.value.reason, raised.value.code) == ("rpc-error", 3)
    assert raised.value.data == bytes.fromhex("08c379a0")
