"""A gateway between Cal.com's webhooks and a mentor portal. Nothing runs on import."""

__version__ = "0.1.0"
