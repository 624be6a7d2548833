"""Deploys secrets without a value, and with a generated one."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import outputs, resource

WISH = {"PasswordLength": 40, "ExcludePunctuation": True}


class Secrets(Emulated):
    """What a secret of a template holds."""

    def test_secret_without_a_value(self) -> None:
        secret = {"Empty": resource("SecretsManager::Secret")}
        arn = self.deploy(secret, outputs(Empty={"Ref": "Empty"}))["Outputs"]["Empty"]
        self.assertTrue(arn.startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"))
        with self.assertRaisesRegex(ClientError, "secret value for staging label: AWSCURRENT"):
            self.secrets.get_secret_value(SecretId=arn)

    def test_generated_value(self) -> None:
        made = {"Made": resource("SecretsManager::Secret", GenerateSecretString=WISH)}
        arn = self.deploy(made, outputs(Made={"Ref": "Made"}))["Outputs"]["Made"]
        self.assertRegex(self.secrets.get_secret_value(SecretId=arn)["SecretString"], r"^[A-Za-z0-9]{40}$")
        self.assertIn(":secret:", arn)
