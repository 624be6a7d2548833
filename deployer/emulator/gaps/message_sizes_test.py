"""Sends messages that are just small enough, and a little larger ones."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated

SIZE = 1024 * 1024


class MessageSizes(Emulated):
    """How large a message may be."""

    def test_size_of_messages(self) -> None:
        queues = self.emulator.client("sqs")
        url = queues.create_queue(QueueName="sizes")["QueueUrl"]
        reason = {"Reason": {"DataType": "String", "StringValue": "x" * 94}}
        for body, attributes, is_taken in (
            ("x" * SIZE, {}, True), ("x" * (SIZE + 1), {}, False),
            ("あ" * (SIZE // 3), {}, True), ("あ" * (SIZE // 3 + 1), {}, False),
            # The name, the type and the value.
            ("x" * (SIZE - 106), reason, True), ("x" * (SIZE - 105), reason, False),
        ):
            message = {"QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes}
            if is_taken:
                queues.send_message(**message)
            else:
                with self.assertRaisesRegex(ClientError, "1048576 bytes"):
                    queues.send_message(**message)
