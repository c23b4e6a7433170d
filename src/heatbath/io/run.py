"""A run on disk: created whole, appended chunk by chunk, read while it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from heatbath._checks import check_flag, check_path
from heatbath._suggest import shown
from heatbath.io import creating, durable
from heatbath.io.checksums import Checksums
from heatbath.io.chunks import Chunks, as_bytes
from heatbath.io.damage import Found, examined, lost, told
from heatbath.io.layout import CONFIGURATIONS, WARM, Grid, Layout
from heatbath.io.locking import LOCK, Lock
from heatbath.io.manifest import COPY, FILE, RunError, read_manifest, write_manifest
from heatbath.io.mending import mend
from heatbath.io.reading import digest, digest_of_file
from heatbath.io.series import Stored
from heatbath.io.wording import path_text, reason
from heatbath.io.zarr_json import recorded_identity

__all__ = ["Run"]

OWN = ("identity", "status", "n_committed", "checksums", "layout")
STATUS = ("warming up", "measuring", "complete")


class Run:
    """A run, made by `create` or `open`; a context manager that closes it.

    path: its directory.
    layout: the shapes of its arrays.
    record: what its maker wrote down, plain JSON.
    status: "warming up" until `begin`, "measuring" until `finish`, then "complete".
    n_committed: measurements per chain that are safe on the disk.

    Whatever is read is compared with its checksum first: RunError names a damaged file.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any], lock: Lock | None) -> None:
        self.path = path
        self.layout = _layout(path, manifest)
        self.record: dict[str, Any] = {k: v for k, v in manifest.items() if k not in OWN}
        self.status: str = manifest["status"]
        self.n_committed: int = manifest["n_committed"]
        self._identity: str = manifest["identity"]
        self._total: str = manifest["checksums"]
        self._lock = lock
        self._checksums = self._committed_checksums()

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
        directory holds anything, OSError if it cannot be written, each in one sentence.  The
        directory appears whole: it is made beside its place and renamed.
        """
        path = check_path("path", path)
        kept = {name: np.asarray(values) for name, values in (arrays or {}).items()}
        given = {name: (values.dtype.name, values.shape) for name, values in kept.items()}
        layout = replace(layout, given=given)
        manifest, lock = creating.create(Path(path), layout, record, kept)
        return cls(Path(path), manifest, lock)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = False) -> Run:
        """An existing run; with write=True locked, free of what was not committed, and mended where
        a damaged file follows from the others.

        Reads run.json, `checksums` and the descriptions of the arrays, and looks at the size of
        each other file; `check` reads those too.  FileNotFoundError or RunError, in one sentence,
        if there is no run, or it is damaged; OSError if it cannot be written.
        """
        directory, write = Path(check_path("path", path)), check_flag("write", write)
        read_manifest(directory)
        lock = Lock(directory / LOCK) if write else None
        try:
            manifest = read_manifest(directory)
            run = cls(directory, manifest, lock)
            run._require_identity()
            if write:
                run._tidy(manifest)
            if not run._looks_whole():
                run.check()
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
        if not isinstance(name, str) or name not in self.layout.series:
            raise KeyError(
                f"the run {path_text(self.path)} holds no series {shown(name)}; it has {self.names}"
            )
        return Stored(self._chunks(self.layout.grid(name)), self.n_committed, axis=1)

    @property
    def configurations(self) -> Stored:
        """The committed configurations, shape (count, chains, *lattice): those after every
        save_every-th measurement, and the last of the run."""
        count = self.layout.stored_configurations(self.n_committed)
        return Stored(self._chunks(self.layout.grid(CONFIGURATIONS)), count, axis=0)

    @property
    def checkpoint(self) -> Any:
        """The configuration at the last commit, a NumPy array (chains, *lattice)."""
        return self.configurations[-1] if self.n_committed else self.array(WARM)

    def array(self, name: str) -> Any:
        """What is committed of an array, such as those given to `create`, as a NumPy array."""
        if not isinstance(name, str):
            raise TypeError(f"the name of an array must be a text; got {shown(name)}")
        if name in self.layout.series:
            return self.history(name)[...]
        if name == CONFIGURATIONS:
            return self.configurations[...]
        if name not in (WARM, *self.layout.given) or (name == WARM and not self._begun):
            raise KeyError(f"the run {path_text(self.path)} holds no array {shown(name)}")
        grid = self.layout.grid(name)
        return self._chunks(grid)[tuple(slice(n) for n in grid.shape)]

    def check(self, *names: str) -> None:
        """Read everything that is committed, or only the arrays `names`, and compare each file with
        its checksum.

        RunError, in one sentence, names every damaged file, what is lost with it, and what to do;
        silence means that each byte is the one that was written.

        >>> import heatbath as hb, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "run")
        >>> sampler = hb.Metropolis(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)))
        >>> result = hb.sample(sampler, samples=20, out=path, progress=False)
        >>> run = hb.io.Run.open(path)
        >>> run.check()
        >>> with open(path / "phi_squared" / "c.0.3", "r+b") as file:
        ...     _ = file.write(b"?")
        >>> run.check()
        Traceback (most recent call last):
        ...
        heatbath.io.manifest.RunError: the run ... is damaged: 1 file is missing or not as written:
        phi_squared/c.0.3 (lost: phi_squared[:, 6:8]); restore what is lost from a copy, or ...
        """
        for name in names:
            if name not in {grid.name for grid in self.layout.grids}:
                raise KeyError(f"the run {path_text(self.path)} holds no array {shown(name)}")
        if not names:
            read_manifest(self.path)
        if found := examined(self.path, self.layout, self._checksums, self._total, names):
            raise told(self.path, found)

    # ------------------------------------------------------------ writing

    def begin(self, configuration: Any, **changes: Any) -> None:
        """Commit the end of warm-up: its configuration (chains, *lattice), and changes of the
        record."""
        self._require_writing("warming up")
        self._commit("measuring", 0, changes, [(self.layout.warm, 0, configuration)])

    def append(self, series: Mapping[str, Any], configurations: list[Any], **changes: Any) -> None:
        """Commit one chunk: each series of shape (chains, chunk), shorter only at the end, the
        configurations after every save_every-th measurement, and changes of the record."""
        self._require_writing("measuring")
        first = self.n_committed
        last = first + next(iter(series.values())).shape[1]
        self._require_chunk(series, configurations, first, last)
        values = {**series, CONFIGURATIONS: np.stack(configurations)}
        k = first // self.layout.chunk
        chunks = [(grid, k, values[grid.name]) for grid in self.layout.of_commit]
        self._commit("measuring", last, changes, chunks)

    def finish(self, **changes: Any) -> None:
        """Commit that the run is complete."""
        self._require_writing("measuring")
        self._commit("complete", self.n_committed, changes, [])

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

    # ------------------------------------------------------------ the commit

    def _commit(
        self, status: str, n: int, changes: Mapping[str, Any], chunks: list[tuple[Grid, int, Any]]
    ) -> None:
        """Write the chunks, then their checksums, then run.json: from there on they exist."""
        record = {**self.record, **changes}
        with self._closed_by_failure():
            checksums = {grid.file(k): self._put(grid, k, values) for grid, k, values in chunks}
            for grid, _, _ in chunks:
                durable.sync_directory(self.path / grid.name)
            total = self._checksums.extend(checksums)
            manifest = creating.manifest_of(self._identity, self.layout, record, status, n, total)
            write_manifest(self.path, manifest)
            self.record, self.status, self.n_committed, self._total = record, status, n, total
            write_manifest(self.path, manifest, COPY)

    def _put(self, grid: Grid, k: int, values: Any) -> str:
        """Write the k-th file of an array; its checksum."""
        data = as_bytes(grid, values)
        durable.put(self.path / grid.file(k), data)
        return digest(data)

    @contextmanager
    def _closed_by_failure(self) -> Iterator[None]:
        """After a commit that failed only the disk knows what is committed: open the run again."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    # ------------------------------------------------------------ what must hold

    @property
    def _begun(self) -> bool:
        return self.status != "warming up"

    def _committed_checksums(self) -> Checksums:
        commits = self.layout.commits(self.n_committed)
        ended = self.status == "complete"
        return Checksums(self.path, self.layout, begun=self._begun, commits=commits, ended=ended)

    def _chunks(self, grid: Grid) -> Chunks:
        def damaged(grid: Grid, k: int) -> RunError:
            return told(self.path, [Found(grid.file(k), lost(grid, k, self.layout))])

        return Chunks(self.path, grid, self._checksums, damaged)

    def _require_writing(self, status: str) -> None:
        if self._lock is None:
            raise RunError(
                f"the run {path_text(self.path)} is open for reading; use open(…, write=True)"
            )
        if self.status != status:
            raise RunError(f"the run {path_text(self.path)} is {self.status}, not {status}")

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

    def _require_identity(self) -> None:
        """The arrays are those of run.json: not a run by themselves, with another identity."""
        if self._checksums.total == self._total:
            return
        root = next(self._checksums.of_creation())
        intact = digest_of_file(self.path / root.name) == self._checksums.of(root)
        if intact and recorded_identity(self.path) != self._identity:
            raise RunError(
                f"{FILE} and zarr.json in {path_text(self.path)} belong to different runs; put "
                f"back the files that were exchanged"
            )

    def _looks_whole(self) -> bool:
        """Without reading the arrays: a file that is there has the right size."""
        if self._checksums.total != self._total:
            return False
        for item in self._checksums.items():
            file = self.path / item.name
            if item.grid is None:
                if digest_of_file(file) != self._checksums.of(item):
                    return False
            elif _size(file) != item.grid.size:
                return False
        return True

    def _tidy(self, manifest: Mapping[str, Any]) -> None:
        """Before a session that writes."""
        try:
            mend(self.path, self.layout, manifest, self._checksums)
            self._checksums = self._committed_checksums()
            self._remove_uncommitted()
        except OSError as trouble:
            raise OSError(
                f"the run {path_text(self.path)} cannot be written ({reason(trouble)}); make room "
                f"or make it writable, nothing is lost"
            ) from trouble

    def _remove_uncommitted(self) -> None:
        """Chunks that were written and never committed."""
        commits = self.layout.commits(self.n_committed)
        for grid in (self.layout.warm, *self.layout.of_commit):
            count = int(self._begun) if grid == self.layout.warm else commits
            for file in (self.path / grid.name).glob("c.*"):
                k = grid.number(f"{grid.name}/{file.name}")
                if k is not None and k >= count:
                    file.unlink()


def _layout(path: Path, manifest: Mapping[str, Any]) -> Layout:
    """The layout of a run.json that is whole; one that we did not write may hold anything."""
    try:
        layout = Layout.from_dict(manifest["layout"])
        n = manifest["n_committed"]
        good = type(n) is int and 0 <= n <= layout.samples and manifest["status"] in STATUS
        good &= n % layout.chunk == 0 or n == layout.samples
        good &= all(isinstance(manifest[name], str) for name in ("identity", "checksums"))
    except (KeyError, TypeError, ValueError, AttributeError) as trouble:
        raise RunError(
            f"{path_text(path / FILE)} describes no run that heatbath would write: "
            f"{type(trouble).__name__}: {trouble}"
        ) from trouble
    if not good:
        raise RunError(f"{path_text(path / FILE)} describes no run that heatbath would write")
    return layout


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return -1
