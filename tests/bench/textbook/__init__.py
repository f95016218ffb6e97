"""The peer of goal 1: booking as nameko's documentation and examples would have it written.

A nameko service with HTTP entrypoints asks the bookings service through an RpcProxy; that one works with an
SQLAlchemy session, commits, and then dispatches its event. Nothing is done about a crash between the two, a request
that is sent twice, or who is asking; so it does less than Foyer does.
"""
