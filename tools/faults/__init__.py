"""People in a real call, faults of its parts, and what is lost by them.

Shared by ``tests/faults/`` and ``bench/faults.py``. ``site`` starts the product and finds its
processes, ``proxy`` cuts connections. ``caller`` is one person whose
client lives as the call page does, ``company`` is everyone in a room, and ``losses`` says what they
have lost.
"""
