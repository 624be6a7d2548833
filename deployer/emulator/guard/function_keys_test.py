"""Guesses the key of a function from what everybody may know of it."""

from __future__ import annotations

import hashlib
import json

from botocore.credentials import Credentials

from testing.revealed import Revealed


class FunctionKeys(Revealed):
    """A function has the key of its own session and no other."""

    def test_keys_of_functions(self) -> None:
        for secret in (self.root.access_key, self.root.secret_key):
            self.assertNotIn(secret, json.dumps(self.environ))
        key, secret, token = (self.environ[f"AWS_{name}"] for name in
                              ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"))
        body, kind = self.query("GetCallerIdentity")
        headers = self.signed("sts", "POST", "/", body, kind, Credentials(key, secret, token))
        self.assertIn(b":assumed-role/", self.send("POST", "/", headers, body)[2])
        # The names of a function and its role are known; they must not give its key away.
        arn = self.functions.get_function(FunctionName=self.function)["Configuration"]["FunctionArn"]
        digest = hashlib.sha256(f"{arn}:{self.role}".encode()).hexdigest()
        guessed = Credentials(key, hashlib.sha256(f"secret:{digest}".encode()).hexdigest(), token)
        headers = self.signed("sts", "POST", "/", body, kind, guessed)
        self.refused(self.send("POST", "/", headers, body), "SignatureDoesNotMatch")
