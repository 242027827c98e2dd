"""RTP, RTCP and the payload formats that are read. Pure."""
