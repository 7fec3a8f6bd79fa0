"""A filter for the system calls that no notebook needs and that escapes start with."""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Sequence

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF_0000, 0x0005_0000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_X32 = 0x4000_0000

_ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_CLONE3 = 435

_CLONE_NEW_ANYTHING = 0x7E02_0000
_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20
_SOL_SOCKET = 1
_SIZES_OF_BUFFERS = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF, and their FORCE
_F_SETPIPE_SZ = 1031
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK

_LOOKED_INTO = {
    "x86_64": {
        "mmap": 9,
        "socket": 41,
        "socketpair": 53,
        "setsockopt": 54,
        "clone": 56,
        "fcntl": 72,
    },
    "aarch64": {
        "fcntl": 25,
        "socket": 198,
        "socketpair": 199,
        "setsockopt": 208,
        "clone": 220,
        "mmap": 222,
    },
}

_REFUSED = {
    "x86_64": {
        "shmget": 29,
        "semget": 64,
        "msgget": 68,
        "ptrace": 101,
        "pivot_root": 155,
        "chroot": 161,
        "mount": 165,
        "umount2": 166,
        "add_key": 248,
        "request_key": 249,
        "mq_open": 240,
        "keyctl": 250,
        "unshare": 272,
        "vmsplice": 278,
        "perf_event_open": 298,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "memfd_create": 319,
        "bpf": 321,
        "userfaultfd": 323,
    },
    "aarch64": {
        "umount2": 39,
        "mount": 40,
        "pivot_root": 41,
        "chroot": 51,
        "vmsplice": 75,
        "unshare": 97,
        "ptrace": 117,
        "mq_open": 180,
        "msgget": 186,
        "semget": 190,
        "shmget": 194,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "perf_event_open": 241,
        "setns": 268,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "memfd_create": 279,
        "bpf": 280,
        "userfaultfd": 282,
    },
}
_REFUSED_EVERYWHERE = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsmount": 432,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "memfd_secret": 447,
}


def refusing_filter() -> bytes | None:
    """The filter's instructions for this processor, or ``None`` where we have none.

    Memory that is no process's own is refused too, because no limit of ours would count it: shared
    memory without a file, which ``MADV_DONTNEED`` hides, ``memfd``, System V's and POSIX's queues,
    and larger buffers of sockets and pipes. Sockets are of the families that a kernel needs: some
    others belong to no namespace.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return None
    numbers = sorted({*_REFUSED[machine].values(), *_REFUSED_EVERYWHERE.values()})
    program = [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_EQUAL, _ARCHITECTURES[machine], 1, 0),
        _error(errno.EPERM),
        _instruction(_LOAD, _NUMBER_AT),
    ]
    if machine == "x86_64":
        program += [_instruction(_ANY_BIT, _X32, 0, 1), _error(errno.EPERM)]
    for number in numbers:
        program += [_instruction(_EQUAL, number, 0, 1), _error(errno.EPERM)]
    # The C library falls back to clone, whose flags a filter can see.
    program += [_instruction(_EQUAL, _CLONE3, 0, 1), _error(errno.ENOSYS)]
    for name, number in _LOOKED_INTO[machine].items():
        rule = _RULES[name]
        program += [_instruction(_EQUAL, number, 0, len(rule)), *rule]
    return b"".join([*program, _instruction(_RETURN, _ALLOW)])


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _error(number: int) -> bytes:
    """Return an error instead of making the call; 0 makes it seem to have been made."""
    return _instruction(_RETURN, _ERRNO | number)


def _load(argument: int) -> bytes:
    return _instruction(_LOAD, _FIRST_ARGUMENT_AT + 8 * argument)


def _one_of(argument: int, values: Sequence[int], then: bytes, otherwise: bytes) -> list[bytes]:
    """End with ``then`` where an argument is one of the values."""
    count = len(values)
    compared = [_instruction(_EQUAL, value, count - n) for n, value in enumerate(values)]
    return [_load(argument), *compared, otherwise, then]


def _all_bits(argument: int, bits: Sequence[int], then: bytes, otherwise: bytes) -> list[bytes]:
    """End with ``then`` where an argument has, of each of the groups of bits, at least one."""
    count = len(bits)
    tested = [_instruction(_ANY_BIT, group, 0, count - n) for n, group in enumerate(bits)]
    return [_load(argument), *tested, then, otherwise]


def _rules() -> dict[str, list[bytes]]:
    """What becomes of a call whose arguments are looked into, by its name."""
    allow, refuse = _instruction(_RETURN, _ALLOW), _error(errno.EPERM)
    families = _one_of(0, _FAMILIES, allow, _error(errno.EAFNOSUPPORT))
    # As if it had been done: programs that set a size do without it.
    sizes = _one_of(2, _SIZES_OF_BUFFERS, _error(0), allow)
    other_levels = _instruction(_EQUAL, _SOL_SOCKET, 0, len(sizes) - 2)
    return {
        "clone": _all_bits(0, [_CLONE_NEW_ANYTHING], refuse, allow),
        "mmap": _all_bits(3, [_MAP_SHARED, _MAP_ANONYMOUS], refuse, allow),
        "socket": families,
        "socketpair": families,
        "setsockopt": [_load(1), other_levels, *sizes],
        "fcntl": _one_of(1, [_F_SETPIPE_SZ], refuse, allow),
    }


_RULES = _rules()
