"""Visits a distribution by the name that it has on this machine."""

from __future__ import annotations

from typing import Any

from testing.sites import OUTPUTS, Sites, site


class DistributionHosts(Sites):
    """A site in a browser of this machine."""

    def test_site(self) -> None:
        stack = self.deployed(site("of-site"))
        host, made = self.host(stack), stack["Outputs"]
        status, headers, text = self.visit(host, "/")
        self.assertEqual((status, text), (200, "home"))
        self.assertEqual((headers["content-type"], headers["cache-control"]), ("text/html", "max-age=9"))
        self.assertEqual(headers["content-security-policy"], "default-src 'self'")
        self.assertEqual((headers["x-site"], headers["x-frame-options"]), ("own", "DENY"))
        self.assertEqual(headers["referrer-policy"], "no-referrer")
        self.assertEqual(self.visit(made["Domain"], "/app.js")[::2], (200, "code"))
        self.assertEqual(self.visit(host, "/missing")[::2], (404, "lost"))
        self.assertEqual(self.emulator.get(f"/{made['Bucket']}/index.html")[0], 403)
        self.assertEqual(self.visit(host, "/", **{"X-Forwarded-Proto": "http"})[0], 301)
        self.check_invalidation(made["Id"])
        self.remove(stack)

    def check_invalidation(self, identifier: str) -> None:
        """An invalidation completes."""
        distributions = self.emulator.client("cloudfront")
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "one"}
        made = distributions.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)["Invalidation"]
        shown = distributions.get_invalidation(DistributionId=identifier, Id=made["Id"])["Invalidation"]
        self.assertEqual(shown["Status"], "Completed")
        listed = distributions.list_invalidations(DistributionId=identifier)["InvalidationList"]["Items"]
        self.assertEqual([(entry["Id"], entry["Status"]) for entry in listed], [(made["Id"], "Completed")])

    def test_site_that_changes(self) -> None:
        changed = site("of-changes")
        host = self.host(self.deployed(changed))
        self.change(changed)
        changes = self.change_set(changed, OUTPUTS, "UPDATE")["Changes"]
        replaced = {
            change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Replacement"]
            for change in changes
        }
        self.assertEqual(replaced, dict.fromkeys(("Headers", "Distribution", "Access"), "False"))
        self.deploy(changed, OUTPUTS, "UPDATE")
        status, headers, text = self.visit(host, "/")
        self.assertEqual((status, headers["x-site"], text), (200, "changed", "code"))
        policy = changed["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
        policy["Condition"] = {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/OTHER"}}
        stack = self.deploy(changed, OUTPUTS, "UPDATE")
        self.assertEqual(self.visit(host, "/")[0], 403, "the bucket's policy counts")
        self.remove(stack)

    def change(self, resources: dict[str, Any]) -> None:
        """Changes all that belongs to CloudFront."""
        headers = resources["Headers"]["Properties"]["ResponseHeadersPolicyConfig"]
        headers["CustomHeadersConfig"]["Items"][0]["Value"] = "changed"
        resources["Distribution"]["Properties"]["DistributionConfig"]["DefaultRootObject"] = "app.js"
        resources["Access"]["Properties"]["OriginAccessControlConfig"]["Description"] = "changed"
