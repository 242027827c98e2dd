"""The media port: sockets, ICE, DTLS and SRTP. A datagram becomes a packet here, and back."""
