"""Many datagrams per system call: Linux's ``recvmmsg`` and ``sendmmsg`` through cffi.

A *slab* is one piece of memory, reused for ever and cut into slots of equal size, one datagram a
slot. Packets are decrypted and encrypted where they lie. The length fields of the kernel's
structures double as the ``int *`` that libsrtp reads and writes, so no length is copied either.
"""

from __future__ import annotations

import errno
import struct
import sys
import time
from typing import Any

from cffi import FFI

ffi = FFI()
# The layout of Linux on 64 bits (man 2 sendmmsg); the static checks below hold it to that.
ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
""")
libc: Any = ffi.dlopen(None)

# Eight-byte words in a ``struct mmsghdr``: name, namelen, iov, iovlen, control, controllen, flags,
# len.
HEADER_WORDS = 8
if (
    ffi.sizeof("struct mmsghdr") != 8 * HEADER_WORDS or sys.byteorder != "little"
):  # pragma: no cover
    raise ImportError("the media worker needs a 64-bit little-endian machine")

MSG_DONTWAIT = 0x40
RECEIVE_SLOTS = 64
# Room for any datagram of an Ethernet. A longer one is cut, and then fails authentication.
RECEIVE_SLOT = 2048
SEND_SLOTS = 128
SEND_SLOT = 1600
# The longest packet that is sent: a slot without libsrtp's longest trailer (SRTP_MAX_TRAILER_LEN,
# 16 + 128 bytes).
MAX_PACKET = 1456
# Of asm-generic/socket.h: let each datagram carry the time when it arrived, as a struct timespec of
# the wall clock. struct cmsghdr {size_t len; int level; int type} precedes it.
SO_TIMESTAMPNS = 35
STAMP_SIZE = 32
# sizeof(struct sockaddr_in6). The kernel accepts a longer length than IPv4 needs.
NAME_SIZE = 28

SOL_UDP, UDP_SEGMENT = 17, 103
# UDP_MAX_SEGMENTS of kernels before 6.10.
MAX_SEGMENTS = 64
# All segments together make one IP packet, of at most 65,535 bytes with its headers.
MAX_SEGMENTED = 65000


def words(cdata: Any) -> memoryview:
    """A view of C memory as unsigned 64-bit words."""
    return memoryview(ffi.buffer(cdata)).cast("B").cast("Q")


def address_of(cdata: Any) -> int:
    return int(ffi.cast("uintptr_t", cdata))


class ReceiveSlab:
    """Slots that ``recvmmsg`` fills.

    Slot i begins at ``view[i * RECEIVE_SLOT]`` and has ``lengths[i][0]`` bytes from ``names[i]``.
    Only the first slot asks for the time of arrival: it holds the datagram that waited longest.
    """

    def __init__(self, name_size: int, slots: int = RECEIVE_SLOTS) -> None:
        self.slots = slots
        self._memory = ffi.new("char[]", slots * RECEIVE_SLOT)
        self._names = ffi.new("char[]", slots * name_size)
        self._headers = ffi.new("struct mmsghdr[]", slots)
        self._iovecs = ffi.new("struct iovec[]", slots)
        self._stamp = ffi.new("char[]", STAMP_SIZE)
        self._stamp_words = words(self._stamp)
        self.view = memoryview(ffi.buffer(self._memory)).cast("B")
        self.pointers = [self._memory + i * RECEIVE_SLOT for i in range(slots)]
        self.lengths = [
            ffi.cast("int *", ffi.addressof(self._headers[i], "msg_len")) for i in range(slots)
        ]
        all_names = memoryview(ffi.buffer(self._names)).cast("B")
        self.names = [all_names[i * name_size : (i + 1) * name_size] for i in range(slots)]
        for i in range(slots):
            self._iovecs[i].iov_base = self.pointers[i]
            self._iovecs[i].iov_len = RECEIVE_SLOT
            header = self._headers[i].msg_hdr
            header.msg_name = self._names + i * name_size
            # The kernel writes the address's length here. It never changes: the family is always
            # the socket's own.
            header.msg_namelen = name_size
            header.msg_iov = self._iovecs + i
            header.msg_iovlen = 1
        # The kernel writes the length that it used here: always the same one.
        self._headers[0].msg_hdr.msg_control = self._stamp
        self._headers[0].msg_hdr.msg_controllen = STAMP_SIZE

    def read(self, fd: int) -> int:
        """Fill the slots with what has arrived; return how many, 0 when there is nothing."""
        count: int = libc.recvmmsg(fd, self._headers, self.slots, MSG_DONTWAIT, ffi.NULL)
        return max(0, count)

    def waited(self) -> float:
        """How long the first datagram lay in the socket before ``read``, in seconds.

        0 without SO_TIMESTAMPNS. Wrong for a moment if the machine's clock is set meanwhile.
        """
        _, _, seconds, nanoseconds = self._stamp_words
        return time.time() - seconds - 1e-9 * nanoseconds if seconds else 0.0

    def put(self, slot: int, data: bytes) -> None:
        """Place a packet that came by another way. ``data`` must fit."""
        start = slot * RECEIVE_SLOT
        self.view[start : start + len(data)] = data
        self.lengths[slot][0] = len(data)


class SendSlab:
    """Slots that ``sendmmsg`` empties.

    To queue a packet, fill ``out`` at ``used * SEND_SLOT``, set ``lengths[used][0]`` and
    ``names[used * HEADER_WORDS]`` (the address of a sockaddr that stays alive until ``flush``), and
    add one to ``used``. Packets of one size in a row to one receiver leave as one segmented
    datagram (UDP_SEGMENT, Linux 4.18): eight of them then cost the kernel a third.
    """

    def __init__(self) -> None:
        self.fd = -1
        self.used = 0
        self.sent = 0
        self.errors = 0
        self.segmenting = True
        self._memory = ffi.new("char[]", SEND_SLOTS * SEND_SLOT)
        self._headers = ffi.new("struct mmsghdr[]", SEND_SLOTS)
        self._grouped = ffi.new("struct mmsghdr[]", SEND_SLOTS)
        self._iovecs = ffi.new("struct iovec[]", SEND_SLOTS)
        # struct cmsghdr {size_t len; int level; int type}, then the size of a segment as uint16_t,
        # padded to 8 bytes.
        self._controls = ffi.new(
            f"char[{24 * SEND_SLOTS}]",
            struct.pack("=QiiH6x", 18, SOL_UDP, UDP_SEGMENT, 0) * SEND_SLOTS,
        )
        self.out = memoryview(ffi.buffer(self._memory)).cast("B")
        self.pointers = [self._memory + i * SEND_SLOT for i in range(SEND_SLOTS)]
        self.lengths = [
            ffi.cast("int *", ffi.addressof(self._iovecs[i], "iov_len")) for i in range(SEND_SLOTS)
        ]
        self.names = words(self._headers)
        self._group_words = words(self._grouped)
        self._control_words = words(self._controls)
        self._sizes = words(self._iovecs)
        self._iovec_address = address_of(self._iovecs)
        self._control_address = address_of(self._controls)
        for i in range(SEND_SLOTS):
            self._iovecs[i].iov_base = self.pointers[i]
            for headers in (self._headers, self._grouped):
                headers[i].msg_hdr.msg_namelen = NAME_SIZE
                headers[i].msg_hdr.msg_iov = self._iovecs + i
                headers[i].msg_hdr.msg_iovlen = 1

    def flush(self) -> None:
        """Send what is queued.

        Packets that the kernel does not take are dropped and counted: late media is worthless.
        """
        count, self.used = self.used, 0
        if not count:
            return
        if self.segmenting and count > 1:
            receivers = self.names[: count * HEADER_WORDS : HEADER_WORDS].tolist()
            if len(set(receivers)) < count:
                self._send_grouped(count, receivers)
                return
        self._send(self._headers, 0, count)

    def _send(self, headers: Any, start: int, end: int) -> None:
        while start < end:
            sent = libc.sendmmsg(self.fd, headers + start, end - start, MSG_DONTWAIT)
            if sent > 0:
                self.sent += sent
                start += sent
            elif ffi.errno in (errno.EAGAIN, errno.ENOBUFS):
                self.errors += end - start
                return
            elif ffi.errno != errno.EINTR:
                self.errors += 1
                start += 1

    def _send_grouped(self, count: int, receivers: list[int]) -> None:
        groups = group(receivers, self._sizes[1 : 2 * count : 2].tolist())
        table, controls, position = self._group_words, self._control_words, 0
        for start, end, size in groups:
            table[position] = receivers[start]
            table[position + 2] = self._iovec_address + 16 * start
            table[position + 3] = end - start
            if end - start > 1:
                # ``position`` counts 8 words a message; a control message has 3.
                at = (position >> 3) * 3
                controls[at + 2] = size
                table[position + 4] = self._control_address + 8 * at
                table[position + 5] = 24
            else:
                table[position + 4] = table[position + 5] = 0
            position += HEADER_WORDS
        done, total = 0, len(groups)
        while done < total:
            sent = libc.sendmmsg(self.fd, self._grouped + done, total - done, MSG_DONTWAIT)
            if sent > 0:
                self.sent += sum(end - start for start, end, _ in groups[done : done + sent])
                done += sent
            elif ffi.errno != errno.EINTR:
                # EIO: the device cannot segment (no checksum offload). EINVAL: a segment is longer
                # than the path's MTU.
                if ffi.errno == errno.EIO:
                    self.segmenting = False
                self._send(self._headers, groups[done][0], groups[done][1])
                done += 1


def group(receivers: list[int], sizes: list[int]) -> list[tuple[int, int, int]]:
    """Runs (start, end, size) of packets to one receiver that may leave as one datagram.

    All packets of a run have one size, except that the last may be shorter.
    """
    groups = []
    start, count = 0, len(receivers)
    while start < count:
        receiver, size, end = receivers[start], sizes[start], start + 1
        limit = min(count, start + max(1, min(MAX_SEGMENTS, MAX_SEGMENTED // size)))
        while (
            end < limit
            and receivers[end] == receiver
            and sizes[end - 1] == size
            and sizes[end] <= size
        ):
            end += 1
        groups.append((start, end, size))
        start = end
    return groups
