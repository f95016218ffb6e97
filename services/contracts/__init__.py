"""What services say to one another: events, requests, replies and refusals. Data only;
one module per owning service.
"""
