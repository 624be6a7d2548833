"""Adds `AWS::WAFv2::WebACLAssociation` for stages of APIs.

AWS: an association ties a web ACL to a resource that is there, and its rules block requests.
    Source: CloudFormation template reference, "AWS::WAFv2::WebACLAssociation".
ministack: does not know the type. Here both ends must be there; what the rules would block is let through.
"""

from __future__ import annotations

import re

from aws.stacks import Created, Properties, adds_handler, checked, refusal
from registry import calls

ASSOCIATION = "AWS::WAFv2::WebACLAssociation"
STAGE_OF_API = re.compile(r"arn:aws:apigateway:[^:]+::/restapis/([^/]+)/stages/([^/]+)")

associate = calls("services.waf", "_associate_web_acl", "(data)")
disassociate = calls("services.waf", "_disassociate_web_acl", "(data)")
get_stage = calls("services.apigateway_v1", "_get_stage", "(api_id, stage_name)")


@adds_handler(ASSOCIATION, "create")
def create_association(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Ties the web ACL to the stage of an API."""
    stage = STAGE_OF_API.fullmatch(properties["ResourceArn"])
    if stage is None or get_stage(*stage.groups())[0] >= 400:
        text = "AWS WAF couldn\u2019t perform the operation because your resource doesn\u2019t exist"
        raise refusal("Wafv2", 400, text)
    checked("Wafv2", associate(properties))
    return f"{properties['WebACLArn']}|{properties['ResourceArn']}", {}


@adds_handler(ASSOCIATION, "update")
def update_association(_name: str, old: Properties, new: Properties, stack: str) -> Created:
    """Ties again."""
    disassociate(old)
    return create_association("", new, stack)


@adds_handler(ASSOCIATION, "delete")
def delete_association(_name: str, properties: Properties) -> None:
    """Unties."""
    disassociate(properties)
