"""Ties the rules of a firewall to the stage of an API."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.templates import deployment, outputs, resource

ARN = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}::/restapis/${Api}/stages/s"}


class RuleAssociations(Emulated):
    """A web ACL in front of an API."""

    def test_rules_in_front_of_an_api(self) -> None:
        seen = {"CloudWatchMetricsEnabled": False, "SampledRequestsEnabled": False, "MetricName": "all"}
        staged = deployment("s", after="Api")
        stage = staged.pop("Stage")
        ruled = {
            "Rules": resource(
                "WAFv2::WebACL", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen,
            ),
            "Api": resource("ApiGateway::RestApi", Name="ruled"), **staged,
            "Association": resource(
                "WAFv2::WebACLAssociation", ResourceArn=ARN, WebACLArn={"Fn::GetAtt": ["Rules", "Arn"]},
            ),
        }
        stack = self.deploy(ruled)
        self.assert_fails(stack, "your resource doesn\u2019t exist")
        self.delete(stack)
        ruled["Stage"] = stage
        ruled["Association"]["DependsOn"] = "Stage"
        stack = self.deploy(ruled, outputs(Arn=ARN))
        find = lambda: self.emulator.client("wafv2").get_web_acl_for_resource(
            ResourceArn=stack["Outputs"]["Arn"]
        )
        self.assertIn("WebACL", find())
        self.delete(stack)
        with self.assertRaises(ClientError):
            find()
