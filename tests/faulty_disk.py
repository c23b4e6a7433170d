"""A disk that fails: at the k-th call that writes the process dies, the power is cut, or an error
comes back.  Of a process that died no call does anything any more.

The calls are those of the operating system below one directory, so nothing of the library's own
structure is assumed here.
"""

import os
from contextlib import contextmanager
from pathlib import Path

CALLS = ("open", "write", "fsync", "ftruncate", "replace", "rename", "mkdir", "unlink", "rmdir")


class Dead(BaseException):
    """Caught by nothing in the library."""


class FaultyDisk:
    """root: only calls on files below it count.  at: the call that fails, from 1.
    fail: called there, with the call's name and what is given to it."""

    def __init__(self, root, at=0, fail=lambda disk, name, *arguments: None):
        self.root, self.at, self.fail = os.fspath(root), at, fail
        self.calls = []
        self.dead = False
        self.paths = {}  # of open handles
        self.durable = {}  # file -> the bytes that are on the disk whatever happens
        self.pending = []  # (directory, how to undo) of names that are not flushed
        self.original = {name: getattr(os, name) for name in CALLS}

    @contextmanager
    def mounted(self):
        """Put the calls in place of those of `os`."""
        for name in CALLS:
            setattr(os, name, self._wrapped(name))
        try:
            yield self
        finally:
            for name, function in self.original.items():
                setattr(os, name, function)

    def call(self, name, *arguments, **options):
        """The call itself."""
        return self.original[name](*arguments, **options)

    def _wrapped(self, name):
        def call(*arguments, **options):
            if self.dead:
                raise Dead
            path = self.paths.get(arguments[0], arguments[0])
            inside = isinstance(path, str | Path) and os.fspath(path).startswith(self.root)
            if not inside or (name == "open" and not arguments[1] & (os.O_RDWR | os.O_WRONLY)):
                result = self.call(name, *arguments, **options)
                if inside and name == "open":
                    self.paths[result] = os.fspath(path)
                return result
            self.calls.append(name)
            if len(self.calls) == self.at:
                self.fail(self, name, *arguments)
            return getattr(self, f"_{name}", self._other)(name, os.fspath(path), arguments, options)

        return call

    def _other(self, name, path, arguments, options):
        return self.call(name, *arguments, **options)

    # ------------------------------------------------------------ what a power cut takes

    def _open(self, name, path, arguments, options):
        new = not os.path.exists(path)
        if not new:
            self.durable.setdefault(path, Path(path).read_bytes())
        handle = self.call(name, *arguments, **options)
        self.paths[handle] = path
        if new:
            self.durable[path] = b""
            self._unflushed(path, lambda: self.call("unlink", path))
        return handle

    def _fsync(self, name, path, arguments, options):
        self.call(name, *arguments, **options)
        if os.path.isdir(path):
            self.pending = [(where, undo) for where, undo in self.pending if where != path]
        else:
            self.durable[path] = Path(path).read_bytes()

    def _replace(self, name, path, arguments, options):
        old, new = map(os.fspath, arguments)
        before = Path(new).read_bytes() if os.path.isfile(new) else None
        self.call(name, old, new)
        self.durable[new] = self.durable.pop(old, b"")

        def undo():
            self.call("rename", new, old)
            if before is not None:
                Path(new).write_bytes(before)

        self._unflushed(new, undo)

    def _rename(self, name, path, arguments, options):
        old, new = map(os.fspath, arguments)
        self.call(name, old, new)
        self._unflushed(new, lambda: self.call("rename", new, old))

    def _mkdir(self, name, path, arguments, options):
        self.call(name, *arguments, **options)
        self._unflushed(path, lambda: self.call("rmdir", path))

    def _unlink(self, name, path, arguments, options):
        before = Path(path).read_bytes()
        self.call(name, *arguments, **options)
        self._unflushed(path, lambda: Path(path).write_bytes(before))

    def _unflushed(self, path, undo):
        self.pending.append((os.path.dirname(path), undo))

    def cut_power(self):
        """Take away all that was not flushed: of files what was written, of directories names."""
        for path, safe in self.durable.items():
            if os.path.isfile(path):
                size = os.path.getsize(path)
                Path(path).write_bytes(safe[:size] + bytes(max(0, size - len(safe))))
        for _, undo in reversed(self.pending):
            try:
                undo()
            except OSError:  # its directory is gone by now, or not empty
                continue


def die(disk, name, *arguments):
    """Before the call."""
    disk.dead = True
    raise Dead


def die_after(disk, name, *arguments):
    """Right after the call; of a write, when half of it is done."""
    if name == "write":
        arguments = (arguments[0], arguments[1][: len(arguments[1]) // 2])
    result = disk.call(name, *arguments)
    if name == "open":
        os.close(result)
    die(disk, name)


def cut_power(disk, name, *arguments):
    """Before the call, and what was not flushed is gone."""
    disk.cut_power()
    die(disk, name)


def raising(error):
    """An error in place of the call; of a write, after half of it."""

    def fail(disk, name, *arguments):
        if name == "write":
            disk.call(name, arguments[0], arguments[1][: len(arguments[1]) // 2])
        raise OSError(error, os.strerror(error))

    return fail


def killed(root, work, at, fail):
    """Do `work` on a disk that fails at the call `at`; whether that killed it."""
    try:
        with FaultyDisk(root, at, fail).mounted():
            work()
    except Dead:
        return True
    return False
