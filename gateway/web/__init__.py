"""The doors: what comes in by HTTP and what goes out. Nothing here decides anything; that is the services' affair."""
