"""Refuses a message that is too large with its attributes.

AWS: a message has up to 1 MiB, of which body and attributes count, each attribute with name, type and value.
    Source: Amazon SQS developer guide, "Amazon SQS message quotas".
ministack: counts the body only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry import calls, replaces

SQS = "services.sqs"
SEND = "(data, qurl)"
MESSAGE_BYTES = 1024 * 1024

error = calls(SQS, "_Err", "(code, message, status=400)")


@replaces(SQS, "_act_send_message", SEND)
@replaces(SQS, "_HANDLERS[SendMessage]", SEND)
def send_message(send: Callable[..., Any], data: dict[str, Any], queue_url: str) -> Any:
    """Counts the attributes as well."""
    size = len(data.get("MessageBody", "").encode()) + sum(
        size_of_attribute(name, attribute) for name, attribute in (data.get("MessageAttributes") or {}).items()
    )
    if size > MESSAGE_BYTES:
        text = f"One or more parameters are invalid. Reason: Message must be shorter than {MESSAGE_BYTES} bytes."
        raise error("InvalidParameterValue", text)
    return send(data, queue_url)


def size_of_attribute(name: str, attribute: dict[str, Any]) -> int:
    """Bytes of an attribute; a binary value comes as Base64."""
    binary = len(attribute.get("BinaryValue") or "") * 3 // 4
    texts = (name, attribute.get("DataType") or "", attribute.get("StringValue") or "")
    return binary + sum(len(text.encode()) for text in texts)
