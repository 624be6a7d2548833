"""Deploys the resource policy of a secret."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import deny_without_tls, outputs, resource


class SecretPolicies(Emulated):
    """A policy in a template."""

    def test_policy_of_a_secret(self) -> None:
        policy = resource(
            "SecretsManager::ResourcePolicy", SecretId={"Ref": "Secret"},
            ResourcePolicy=deny_without_tls("secretsmanager:GetSecretValue", "*"),
        )
        secret = {"Secret": resource("SecretsManager::Secret"), "Policy": policy}
        stack = self.deploy(secret, outputs(Secret={"Fn::GetAtt": ["Secret", "Id"]}))
        read = lambda: self.secrets.get_resource_policy(SecretId=stack["Outputs"]["Secret"])
        self.assertIn("aws:SecureTransport", read()["ResourcePolicy"])
        del secret["Policy"]
        self.deploy(secret, outputs(Secret={"Fn::GetAtt": ["Secret", "Id"]}), "UPDATE")
        self.assertNotIn("ResourcePolicy", read())
