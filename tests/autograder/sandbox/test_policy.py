"""What a submission must not see, reach or do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.sandbox import policy
from autograder.sandbox.choice import choose_sandbox
from tests.autograder.sandbox.running import Kernel, in_kernel, start, texts

CHECKOUT = Path(__file__).parents[3]


def test_there_is_no_network() -> None:
    (text,) = texts(
        "import socket\n"
        "for address in ('1.1.1.1', '127.0.0.1', '10.0.0.1'):\n"
        "    try:\n"
        "        socket.create_connection((address, 80), timeout=2)\n"
        "        print('connected')\n"
        "    except OSError as error:\n"
        "        print(type(error).__name__)"
    )
    assert text.split() == ["OSError", "ConnectionRefusedError", "OSError"]


def test_a_sibling_cannot_be_reached_over_the_loopback() -> None:
    async def both() -> str:
        async with start() as one, start() as other:
            await one.run(
                "import socket\n"
                "server = socket.create_server(('127.0.0.1', 4321))\n"
                "hidden = socket.socket(socket.AF_UNIX)\n"
                "hidden.bind('\\0sibling')\n"
                "hidden.listen()"
            )
            return await other.text(
                "import socket\n"
                "for family, address in ((socket.AF_INET, ('127.0.0.1', 4321)),\n"
                "                        (socket.AF_UNIX, '\\0sibling')):\n"
                "    try:\n"
                "        socket.socket(family).connect(address)\n"
                "        print('connected')\n"
                "    except OSError as error:\n"
                "        print(type(error).__name__)"
            )

    assert asyncio.run(both()).split() == ["ConnectionRefusedError"] * 2


def test_what_is_the_graders_is_not_there() -> None:
    names = ("autograder", "solutions", "tests", "assignments", "grading", ".git", "course.toml")
    paths = [str(CHECKOUT / name) for name in names]
    paths += [str(Path.home() / ".profile"), "/etc/shadow", "/etc/hosts", "/var", "/sys"]
    paths += ["/proc/1", "/proc/sys", "/proc/keys"]
    assert texts(f"import os\n[path for path in {paths!r} if os.path.lexists(path)]") == ["[]"]


@pytest.fixture
def course_among_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The course lies where the interpreter does, as below /usr in some containers."""
    others = [path for path in policy._interpreter() if not path.is_relative_to(CHECKOUT)]
    monkeypatch.setattr(policy, "_interpreter", lambda: [*others, CHECKOUT])


def seen_inside(tmp_path: Path, *command: str) -> str:
    """What a command prints in the sandbox, started without a warm parent."""
    bubblewrap = policy.find_bubblewrap()
    assert bubblewrap is not None
    done = subprocess.run(
        [bubblewrap, *policy.bubblewrap_arguments(tmp_path), *command],
        capture_output=True,
        text=True,
        check=True,
        **policy.started_as(),
    )
    return done.stdout


def test_a_course_among_the_systems_programs_is_covered(
    course_among_programs: None, tmp_path: Path
) -> None:
    imports = f"import os, numpy, poselab\nprint(sorted(os.listdir({str(CHECKOUT)!r})))"
    inside = Path(sys.prefix).relative_to(CHECKOUT).parts[:1] if _own_environment() else ()
    assert seen_inside(tmp_path, sys.executable, "-c", imports) == f"{[*inside]}\n"
    stain = f"open({str(CHECKOUT / 'stain')!r}, 'w')"
    with pytest.raises(subprocess.CalledProcessError) as caught:
        seen_inside(tmp_path, sys.executable, "-c", stain)
    assert "Read-only file system" in caught.value.stderr


def _own_environment() -> bool:
    return Path(sys.prefix).is_relative_to(CHECKOUT)


def test_what_grading_writes_may_lie_in_a_course_that_is_covered(
    course_among_programs: None,
) -> None:
    policy.refuse_visible([CHECKOUT, CHECKOUT / "grading", CHECKOUT / "submitted"])


def test_what_grading_writes_may_lie_where_nobody_sees_it(tmp_path: Path) -> None:
    policy.refuse_visible([CHECKOUT, tmp_path])


@pytest.mark.parametrize("place", ["/usr/share/submitted", "/usr/local/grading", "link"])
def test_what_every_submission_could_read_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr/share")
    written = tmp_path / place
    with pytest.raises(CourseError, match=r"lies in /usr, which every submission can read"):
        choose_sandbox("bubblewrap", tmp_path, CHECKOUT, written)
    with pytest.raises(CourseError, match=r"lies in /usr, which every submission can read"):
        choose_sandbox("bubblewrap", written, CHECKOUT)


def test_the_autograder_cannot_be_imported() -> None:
    assert "ModuleNotFoundError" in texts("import autograder")[0]


def test_no_file_in_sight_is_a_secret() -> None:
    """Whatever lies in the sandbox outside the interpreter is the course's, or a setting."""
    (text,) = texts(
        "import os, sys, torch\n"
        "skipped = ('/usr', '/proc', '/dev', sys.prefix, sys.base_prefix)\n"
        "for folder, folders, files in os.walk('/'):\n"
        "    folders[:] = [f for f in folders if not os.path.join(folder, f).startswith(skipped)]\n"
        "    for file in files:\n"
        "        print(os.path.join(folder, file))"
    )
    allowed = ("/etc/", "/opt/course/poselab/", "/opt/course/data_stubs/", "/run/kernel/s-")
    allowed = (*allowed, "/opt/course/forkserver/", "/bin", "/sbin", "/lib")
    assert [line for line in text.splitlines() if not line.startswith(allowed)] == []


def test_the_environment_holds_nothing_of_the_graders(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(kernel: Kernel) -> str:
        return await kernel.text("import os\nprint(open('/proc/self/environ').read(), os.environ)")

    monkeypatch.setenv("SECRET_TOKEN", "hush")
    assert "hush" not in in_kernel(use)


def test_processes_of_others_cannot_be_seen_or_signalled() -> None:
    async def both() -> tuple[str, str, str]:
        async with start() as one, start() as other:
            seen = await one.text(
                "import os\n[name for name in os.listdir('/proc') if name.isdigit()], os.getpid()"
            )
            killed = await one.text(
                "import os, signal\n"
                "for pid in range(64, 60000):  # below are its own threads\n"
                "    try:\n"
                "        os.kill(pid, signal.SIGKILL)\n"
                "        print('killed', pid)\n"
                "    except ProcessLookupError:\n"
                "        pass"
            )
            return seen, killed, await other.text("'alive'")

    seen, killed, other = asyncio.run(both())
    assert seen == "(['2'], 2)"
    assert killed == ""
    assert other == "'alive'"


def test_process_one_cannot_be_killed_traced_or_read() -> None:
    killed, traced, read = texts(
        "import ctypes\nctypes.CDLL(None).kill(1, 9)\n'still here'",
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.ptrace(16, 1, 0, 0), ctypes.get_errno()",
        "buffer = ctypes.create_string_buffer(8)\n"
        "class Part(ctypes.Structure):\n"
        "    _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]\n"
        "here = Part(ctypes.addressof(buffer), 8)\n"
        "there = Part(id(None), 8)\n"
        "libc.process_vm_readv(1, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)",
    )
    assert killed == "'still here'"
    assert traced == "(-1, 1)"
    assert read == "-1"


def test_no_privileges_are_left_or_can_be_gained() -> None:
    status, *attempts = texts(
        "print(*(line for line in open('/proc/self/status') if line[:3] == 'Cap'))",
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nlibc.unshare(0x10000000)",
        "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        "libc.umount2(b'/proc', 2)",
        "libc.memfd_create(b'memory', 0)",
        "libc.shmget(0, 1 << 20, 0o1600)",
        "libc.setns(os.open('/proc/self/ns/mnt', os.O_RDONLY), 0)",
    )
    assert all(set(line.split()[1]) == {"0"} for line in status.strip().splitlines())
    assert attempts == ["-1"] * 6


@pytest.mark.parametrize("place", ["/", "/usr", "/opt/course/poselab", "/run/kernel", "/dev"])
def test_what_lasts_cannot_be_written(place: str) -> None:
    (text,) = texts(f"open({place!r} + '/stain', 'w')")
    assert "Read-only file system" in text or "Permission denied" in text


def test_the_rooms_are_private_and_empty() -> None:
    source = (
        "import os\n"
        "print({place: os.listdir(place) for place in ('/tmp', '/dev/shm', '/home/student')})\n"
        "for place in ('/tmp', '/dev/shm', '/home/student'):\n"
        "    open(place + '/mine', 'w').close()"
    )

    async def both() -> tuple[str, str]:
        async with start() as one, start() as other:
            return await one.text(source), await other.text(source)

    expected = "{'/tmp': [], '/dev/shm': [], '/home/student': []}\n"
    assert asyncio.run(both()) == (expected, expected)


def test_other_kernels_sockets_are_hidden() -> None:
    async def both() -> tuple[str, str]:
        async with start(), start() as other:
            return (
                await other.text("import os\nprint(os.listdir('/run/kernels'))"),
                await other.text("print(sorted(os.listdir('/run/kernel')))"),
            )

    hidden, own = asyncio.run(both())
    assert hidden == "[]\n"
    assert own == "['s-1', 's-2', 's-3', 's-4', 's-5']\n"


def test_only_the_notes_lead_outside() -> None:
    """Every inherited descriptor is the kernel's own, but for one that nothing can be read from."""
    (text,) = texts(
        "import os, socket\n"
        "for name in os.listdir('/proc/self/fd'):\n"
        "    try:\n"
        "        end = socket.socket(fileno=os.dup(int(name)))\n"
        "    except OSError:\n"
        "        continue\n"
        "    if end.type in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):\n"
        "        end.setblocking(False)\n"
        "        try:\n"
        "            print('read', end.recv(10))\n"
        "        except OSError as error:\n"
        "            print('could be read', error)"
    )
    # The notes' socket: its end for reading is shut down, so nothing ever comes.
    assert text == "read b''\n"


def test_nothing_is_left_behind() -> None:
    async def use(kernel: Kernel) -> Path:
        folder = kernel.sandbox._folder
        assert folder is not None and folder.is_dir()
        await kernel.run(
            "import subprocess, os\n"
            "subprocess.Popen(['sleep', '4242'], start_new_session=True)\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    os.execvp('sleep', ['sleep', '4242'])"
        )
        for _ in range(100):
            if _sleepers() == 2:
                break
            await asyncio.sleep(0.05)
        assert _sleepers() == 2
        return folder

    folder = in_kernel(use)
    assert not folder.exists()
    assert _sleepers() == 0


def _sleepers() -> int:
    found = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found += b"4242" in Path(f"/proc/{name}/cmdline").read_bytes()
            except OSError:
                continue
    return found


def test_forged_messages_do_not_upset_the_grader() -> None:
    *_, after = texts(
        "kernel = get_ipython().kernel\n"
        "session, socket, parent = kernel.session, kernel.iopub_socket, kernel.get_parent()\n"
        "session.send(socket, 'status', {}, parent=parent)\n"
        "session.send(socket, 'stream', {'name': 3}, parent=parent)\n"
        "session.send(socket, 'display_data', {'data': 'x' * 100}, parent=parent)\n"
        "socket.send_multipart([b'a', b'b'])\n"
        "socket.send_multipart([b'<IDS|MSG>', b'', b'{}', b'{}', b'{}', b'{}'])",
        "from ipykernel.iostream import IOPubThread\n"
        "for _ in range(40):\n"
        "    IOPubThread.send_multipart(socket.io_thread, [b'x', bytes(10 << 20)])",
        "print('calm')",
    )
    assert after == "calm\n"


def test_garbage_on_every_socket_does_not_hang_the_grader() -> None:
    async def use(kernel: Kernel) -> str | None:
        return await kernel.dies(
            "import ctypes, os, socket\n"
            "for number in range(3, 100):\n"
            "    try:\n"
            "        socket.socket(fileno=os.dup(number)).send(b'garbage' * 1000)\n"
            "    except OSError:\n"
            "        pass\n"
            "ctypes.CDLL(None)._exit(7)"
        )

    assert in_kernel(use) == "exit 7"
