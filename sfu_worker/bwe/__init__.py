"""What a receiver's link can take: an estimate from transport-wide feedback. Pure."""
