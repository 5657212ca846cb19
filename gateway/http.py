"""The one door to httpx: whoever speaks HTTP outwards (the Cal.com client, the sandbox, replay) takes it from here.

A later change of client library stays in this file. It keeps out every retry, deadline and header:
those belong to the caller, who knows what a failure means.
"""

import httpx

__all__ = ["httpx"]
