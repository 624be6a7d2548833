"""Visits a distribution that says little of its origin, and nothing of its methods."""

from __future__ import annotations

from testing.sites import Sites, site


class DistributionDefaults(Sites):
    """What a distribution takes that does not say so."""

    def test_bucket_with_an_empty_configuration(self) -> None:
        stack = self.deployed(site("of-kinds"))
        self.assertEqual(self.visit(self.host(stack), "/app.js")[::2], (200, "code"))
        self.remove(stack)

    def test_behavior_without_methods(self) -> None:
        stack = self.deployed(site("of-methods"))
        status, _, text = self.visit(self.host(stack), "/app.js", b"{}")
        self.assertEqual(status, 403)
        self.assertIn("This distribution is not configured to allow the HTTP request method", text)
        self.remove(stack)
