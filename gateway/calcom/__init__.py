"""Everything we know about Cal.com. No other package names one of its fields, headers, routes or words."""
