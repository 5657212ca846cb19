"""A small Cal.com to rehearse against: it remembers bookings, speaks API v2, signs and sends webhooks, and has moods.

It is as lax as the real one where the real one is lax, because people rehearse what will happen; `scenarios/` has
files that play what can. It is meant for loopback: its control routes ask for no key. Nothing in the gateway
imports it but the command line and the demo.

Paths named in comments are files of https://github.com/calcom/cal.com; "measured" means seen on a self-hosted
server of that release.
"""
