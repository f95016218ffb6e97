"""AlpineBits HotelData, as far as guests are concerned: GuestRequests 2014-04 to 2024-10, and the handshake."""
