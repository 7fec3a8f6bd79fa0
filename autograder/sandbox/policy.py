"""The sandbox policy: the command that confines the warm parent, and what stays visible."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.sandbox.forkserver.__main__ import NOBODY
from autograder.sandbox.forkserver.spawn import HOME, KERNEL_FOLDERS, MOUNT_POINTS

COURSE = "/opt/course"
KERNEL_PACKAGE = "forkserver"

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/mime.types",
)
_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21
_SHOWN_PACKAGES = ("poselab", "data_stubs")
_HIDDEN_PACKAGES = ("autograder",)
_MANIFEST = "course.toml"
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


def find_bubblewrap() -> str | None:
    """Where bubblewrap is, if it is installed."""
    return shutil.which("bwrap")


def started_as() -> Mapping[str, Any]:
    """The options of ``subprocess.Popen`` that start bubblewrap as somebody who can use it.

    That is who we are, but for a container's superuser, who lacks the capabilities that make
    namespaces: nobody can make them, in a user namespace.
    """
    if os.geteuid() == 0 and not _has_all_capabilities():
        return {"user": NOBODY, "group": NOBODY, "extra_groups": ()}
    return {}


def _has_all_capabilities() -> bool:
    """Whether we may mount, and set up networks, as a container's superuser may not."""
    status = Path("/proc/self/status").read_text()
    (effective,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return all(int(effective, 16) >> number & 1 for number in (_CAP_NET_ADMIN, _CAP_SYS_ADMIN))


def namespaces() -> list[str]:
    """The arguments that make namespaces of bubblewrap's own."""
    if os.geteuid() == 0 and _has_all_capabilities():
        # The superuser needs no user namespace, and can become somebody else only outside one.
        return ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    return ["--unshare-all"]


def bubblewrap_arguments(kernel_folders: Path) -> list[str]:
    """The arguments of bubblewrap, up to the command that is to run inside.

    Args:
        kernel_folders: the folder on the host in which each kernel's folder lies. Where we are the
            superuser, everybody may enter it afterwards: what runs inside does so as nobody.

    Returns:
        The arguments, without ``bwrap`` itself and without the command.
    """
    if os.geteuid() == 0:
        kernel_folders.chmod(0o711)
    arguments = [*namespaces(), "--new-session", "--die-with-parent", "--clearenv"]
    for name, value in _environment().items():
        arguments += ["--setenv", name, value]
    for system in _SYSTEM:
        if os.path.islink(system):
            arguments += ["--symlink", os.readlink(system), system]
        else:
            arguments += ["--ro-bind-try", system, system]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"]
    arguments += ["--perms", "1777", "--tmpfs", "/tmp"]
    arguments += ["--dir", "/etc"]
    for setting in _SETTINGS:
        arguments += ["--ro-bind-try", setting, setting]
    for name, text in _users().items():
        stub = kernel_folders / name
        stub.write_text(text)
        stub.chmod(0o644)
        arguments += ["--ro-bind", str(stub), f"/etc/{name}"]
    for folder in _ways_to([*_interpreter(), Path(COURSE, KERNEL_PACKAGE)]):
        arguments += ["--dir", str(folder)]
    for path in _interpreter():
        arguments += ["--ro-bind", str(path), str(path)]
    arguments += _covers()
    for name, path in _shown().items():
        arguments += ["--ro-bind", str(path), f"{COURSE}/{name}"]
    for point in MOUNT_POINTS:
        arguments += ["--dir", point]
    arguments += ["--bind", str(kernel_folders), KERNEL_FOLDERS]
    return [*arguments, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]


def refuse_visible(paths: Iterable[Path]) -> None:
    """Refuse folders of the grader's that every kernel would see.

    Args:
        paths: folders and files that are to be secret; the course itself is covered.

    Raises:
        CourseError: one lies where the system's programs and Python are.
    """
    for path in paths:
        real = path.resolve()
        shown = next((one for one in _visible() if real.is_relative_to(one)), None)
        if shown is not None and not _is_in(real, _secret()):
            raise CourseError(
                f"{path} lies in {shown}, which every submission can read; choose another folder."
            )


def _visible() -> list[Path]:
    return [*map(Path, _SYSTEM), *_interpreter()]


def _secret() -> list[Path]:
    """The course's folder, where it is a checkout, and the packages that know the answers."""
    packages = list(_packages(_HIDDEN_PACKAGES).values())
    checkouts = {package.parent for package in packages if (package.parent / _MANIFEST).is_file()}
    return [*sorted(checkouts), *packages]


def _covers() -> Iterator[str]:
    """Hide what is secret where it lies in what is shown, but show the interpreter again."""
    shown, covered = [Path("/usr"), *_interpreter()], list[Path]()
    for path in _secret():
        if not _is_in(path, shown) or _is_in(path, covered):
            continue
        yield from ("--tmpfs", str(path))
        covered.append(path)
        inside = (one for one in _interpreters() if one != path and one.is_relative_to(path))
        for one in _outermost(inside):
            yield from ("--dir", str(one), "--ro-bind", str(one), str(one))
    for path in covered:
        yield from ("--remount-ro", str(path))


def _is_in(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _outermost(folders: Iterable[Path]) -> list[Path]:
    """Those that lie in no other, given outer ones first."""
    kept: list[Path] = []
    for folder in folders:
        if not _is_in(folder, kept):
            kept.append(folder)
    return kept


def _ways_to(paths: Iterable[Path]) -> list[Path]:
    """The folders above: bubblewrap would create them for the superuser alone."""
    above = {parent for path in paths for parent in path.parents if parent != Path("/")}
    return sorted(path for path in above if not path.is_relative_to("/usr"))


def _users() -> Mapping[str, str]:
    """The users and groups that the sandbox knows by name."""
    user, group = (os.geteuid(), os.getegid()) if os.geteuid() else (NOBODY, NOBODY)
    return {
        "passwd": f"student:x:{user}:{group}::{HOME}:/bin/sh\n",
        "group": f"student:x:{group}:\n",
    }


def _environment() -> Mapping[str, str]:
    return {
        "PATH": os.pathsep.join([f"{sys.prefix}/bin", "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": COURSE,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        # Nobody is there to answer a debugger.
        "PYTHONBREAKPOINT": "0",
        # There is no network: `!pip install` says at once what is missing, and tries nothing again.
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **_ONE_THREAD,
    }


def _interpreter() -> list[Path]:
    """Where the interpreter and its packages lie, the outermost folders only."""
    return _outermost([Path("/usr"), *_interpreters()])[1:]


def _interpreters() -> list[Path]:
    """Where the interpreter and its packages lie, outer folders before inner ones."""
    candidates = {Path(sys.prefix), Path(sys.base_prefix)}
    candidates |= {
        Path(entry)
        for entry in sys.path
        if Path(entry).name in ("site-packages", "dist-packages") and Path(entry).is_dir()
    }
    executable = Path(sys.executable).resolve()
    if executable.parents[1] not in candidates:
        candidates.add(executable.parents[1])
    return sorted(candidates, key=lambda path: len(path.parts))


def _packages(names: Iterable[str]) -> dict[str, Path]:
    found = {}
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations:
            found[name] = Path(next(iter(spec.submodule_search_locations)))
    return found


def _shown() -> dict[str, Path]:
    return {**_packages(_SHOWN_PACKAGES), KERNEL_PACKAGE: Path(__file__).parent / "forkserver"}
