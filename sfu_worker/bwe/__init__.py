"""The bandwidth to one receiver, estimated from transport-wide feedback. Pure."""
