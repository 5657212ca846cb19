"""For all tests of this folder: Hypothesis judges answers, not how busy the machine is."""

from hypothesis import settings

settings.register_profile("calcom", deadline=None)
settings.load_profile("calcom")
