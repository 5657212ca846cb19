"""What the gateway does, one use case per file."""
