"""Imported first by a party of the peers: a process as nameko's own command line makes it, and no more than that."""

import eventlet

eventlet.monkey_patch()
