"""Running chains: `sample` tunes, warms up, measures and estimates; `resume` goes on with a run."""

from heatbath.sampling.interruption import Interrupted
from heatbath.sampling.result import Result
from heatbath.sampling.resume import resume
from heatbath.sampling.sample import sample
from heatbath.sampling.storing import CHAIN_VERSION

__all__ = ["CHAIN_VERSION", "Interrupted", "Result", "resume", "sample"]
