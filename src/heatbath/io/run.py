"""A run on disk: created whole, appended chunk by chunk, read while it is written."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from heatbath.io import durable
from heatbath.io.layout import CONFIGURATIONS, WARM, Layout
from heatbath.io.locking import Lock
from heatbath.io.manifest import RunError, read_manifest, write_manifest
from heatbath.io.series import Stored

__all__ = ["Run"]

LOCK = "lock"
OWN = ("identity", "status", "n_committed", "layout")


class Run:
    """A run, made by `create` or `open`; a context manager that closes it.

    path: its directory.
    layout: the shapes of its arrays.
    record: what its maker wrote down, plain JSON.
    status: "warming up" until `begin`, "measuring" until `finish`, then "complete".
    n_committed: measurements per chain that are safe on the disk.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any], lock: Lock | None) -> None:
        import zarr

        self.path = path
        self.layout = Layout.from_dict(manifest["layout"])
        self.record: dict[str, Any] = {k: v for k, v in manifest.items() if k not in OWN}
        self.status: str = manifest["status"]
        self.n_committed: int = manifest["n_committed"]
        self._identity: str = manifest["identity"]
        self._lock = lock
        try:
            self._group: Any = zarr.open_group(path, mode="r" if lock is None else "r+")
        except (FileNotFoundError, ValueError, KeyError, TypeError) as trouble:
            raise RunError(f"the Zarr store of the run {path} is damaged: {trouble}") from trouble
        if self._group.attrs.get("identity") != self._identity:
            raise RunError(
                f"run.json and the Zarr store in {path} belong to different runs; put back the "
                f"files that were exchanged"
            )

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        layout: Layout,
        record: Mapping[str, Any],
        arrays: Mapping[str, Any] | None = None,
    ) -> Run:
        """A new run in a directory that does not exist yet, or is empty; open for writing.

        record: plain JSON to keep.  arrays: name -> NumPy array to keep.  FileExistsError if the
        directory holds anything, OSError if it cannot be written.  The directory appears whole:
        it is made beside its place and renamed.
        """
        target = Path(path)
        _refuse_existing(target)
        identity = uuid.uuid4().hex
        beside = target.with_name(f".{target.name}.{identity[:8]}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            layout.create(beside, {"identity": identity}, arrays or {})
            manifest = _manifest(identity, layout, record, "warming up", 0)
            write_manifest(beside, manifest)
            durable.sync_tree(beside)
            _rename(beside, target)
            lock = Lock(target / LOCK)
        except OSError as trouble:
            shutil.rmtree(beside, ignore_errors=True)
            _refuse_existing(target)
            raise OSError(
                f"the run {target} cannot be written ({trouble.strerror or trouble}); choose "
                f"another directory"
            ) from trouble
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        return cls(target, manifest, lock)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = False) -> Run:
        """An existing run; with write=True locked, and free of what was not committed.

        FileNotFoundError or RunError, in one sentence, if there is no readable run.
        """
        directory = Path(path)
        read_manifest(directory)
        lock = Lock(directory / LOCK) if write else None
        try:
            run = cls(directory, read_manifest(directory), lock)
            run._require_files()
            if write:
                run._remove_uncommitted()
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        return run

    # ------------------------------------------------------------ reading

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the series."""
        return tuple(self.layout.series)

    def history(self, name: str) -> Stored:
        """The committed part of a series, shape (chains, n_committed)."""
        if name not in self.layout.series:
            raise KeyError(f"the run {self.path} holds no series {name!r}; it has {self.names}")
        return Stored(self._group[name], self.n_committed, axis=1)

    @property
    def configurations(self) -> Stored:
        """The committed configurations, shape (count, chains, *lattice): those after every
        save_every-th measurement, and the last of the run."""
        count = self.layout.stored_configurations(self.n_committed)
        return Stored(self._group[CONFIGURATIONS], count, axis=0)

    @property
    def checkpoint(self) -> Any:
        """The configuration at the last commit, a NumPy array (chains, *lattice)."""
        return self.configurations[-1] if self.n_committed else self.array(WARM)

    def array(self, name: str) -> Any:
        """A whole array of the store, such as those given to `create`, as a NumPy array."""
        return self._group[name][...]

    # ------------------------------------------------------------ writing

    def begin(self, configuration: Any, **changes: Any) -> None:
        """Commit the end of warm-up: its configuration (chains, *lattice), and changes of the
        record."""
        self._group[WARM][...] = configuration
        durable.sync([self.path / WARM / self.layout.file(WARM, 0)])
        self._commit("measuring", 0, changes)

    def append(self, series: Mapping[str, Any], configurations: list[Any], **changes: Any) -> None:
        """Commit one chunk: each series of shape (chains, chunk), shorter only at the end, the
        configurations after every save_every-th measurement, and changes of the record."""
        first = self.n_committed
        last = first + next(iter(series.values())).shape[1]
        self._require_chunk(series, configurations, first, last)
        for name, values in series.items():
            self._group[name][:, first:last] = values
        slot = self.layout.stored_configurations(first)
        self._group[CONFIGURATIONS][slot : slot + len(configurations)] = np.stack(configurations)
        k = first // self.layout.chunk
        durable.sync(self.path / n / self.layout.file(n, k) for n in (*series, CONFIGURATIONS))
        self._commit("measuring", last, changes)

    def finish(self, **changes: Any) -> None:
        """Commit that the run is complete."""
        self._commit("complete", self.n_committed, changes)

    def close(self) -> None:
        """Let other processes write."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<run {self.path}: {self.status}, {self.n_committed} of {self.layout.samples}>"

    def _commit(self, status: str, n: int, changes: Mapping[str, Any]) -> None:
        """From here on the chunks exist."""
        if self._lock is None:
            raise RunError(f"the run {self.path} is open for reading; use open(…, write=True)")
        record = {**self.record, **changes}
        write_manifest(self.path, _manifest(self._identity, self.layout, record, status, n))
        self.record, self.status, self.n_committed = record, status, n

    def _require_chunk(
        self, series: Mapping[str, Any], configurations: list[Any], first: int, last: int
    ) -> None:
        layout = self.layout
        if set(series) != set(layout.series):
            raise ValueError(f"append needs the series {self.names}; got {tuple(series)}")
        expected = min(first + layout.chunk, layout.samples)
        shapes = {tuple(values.shape) for values in series.values()}
        if last != expected or shapes != {(layout.chains, last - first)}:
            raise ValueError(
                f"append takes chunks of shape ({layout.chains}, {expected - first}) here; got "
                f"{sorted(shapes)}"
            )
        count = layout.stored_configurations(last) - layout.stored_configurations(first)
        if len(configurations) != count:
            raise ValueError(f"this chunk has {count} configurations; got {len(configurations)}")

    def _require_files(self) -> None:
        """Every committed chunk is there in full: Zarr would read a missing one as zeros."""
        if self.status == "warming up":
            return
        for name, size in self.layout.files(self.n_committed):
            file = self.path / name
            if not file.is_file() or file.stat().st_size != size:
                raise RunError(
                    f"the run {self.path} is damaged: its file {name} is missing or has a wrong "
                    f"size; restore it from a copy, or start the run anew"
                )

    def _remove_uncommitted(self) -> None:
        begun = self.status != "warming up"
        kept = {name for name, _ in self.layout.files(self.n_committed)} if begun else set()
        for array in (*self.layout.series, CONFIGURATIONS, WARM):
            for file in (self.path / array).iterdir():
                if file.name != "zarr.json" and f"{array}/{file.name}" not in kept:
                    file.unlink()


def _manifest(
    identity: str, layout: Layout, record: Mapping[str, Any], status: str, n: int
) -> dict[str, Any]:
    return {
        "identity": identity,
        "status": status,
        "n_committed": n,
        "layout": layout.to_dict(),
        **record,
    }


def _refuse_existing(target: Path) -> None:
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists():
        raise FileExistsError(
            f"{target} exists already; go on with it by hb.resume({str(target)!r}) if it is a "
            f"run, or choose another directory"
        )


def _rename(beside: Path, target: Path) -> None:
    if target.is_dir():
        target.rmdir()  # empty, or this fails
    os.rename(beside, target)
    durable.sync_directory(target.parent)
