"""The suites: one file per question a user asks."""
