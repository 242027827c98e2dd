"""The shared notes beside a call: storage, providers and the Yjs protocol."""
