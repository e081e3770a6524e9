"""The process in which HiGHS runs; started by `engine.py` as a script of its own, never imported.

A crash of the solver, or a solver that will not stop, takes only this process with it. Messages are pickled tuples on
the standard streams, both ends of which are this package's own; HiGHS's printing is kept off them.

From the parent: ("load", arrays), ("run", request), ("search", request), ("write", request), ("stop",), and while a
search of lists goes on ("known", objective, wanted). To the parent: ("log", text), ("bound", value),
("incumbent", objective, solution), ("relaxed", values), ("lists", values), ("flipped", number, bound, values),
("cuts", known cuts), ("result", fields).
"""

import contextlib
import os
import pickle
import queue
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import highspy
import numpy as np

PART_OF_MEMORY = 0.9
"""Part of the machine's memory that it may take unless told otherwise."""


class Worker:
    """Holds one HiGHS instance, loads a matrix into it and runs requests on it."""

    def __init__(self, send: Callable[[tuple[Any, ...]], None]) -> None:
        self.send = send
        self.stop = threading.Event()
        self.news: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.arrays: dict[str, Any] = {}

    def load(self, arrays: dict[str, Any]) -> None:
        """Load a matrix: a dict of the arrays of `Matrix`."""
        self.arrays = arrays

    def _fresh(self, request: dict[str, Any]) -> highspy.Highs:
        arrays = self.arrays
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(arrays["costs"]), len(arrays["row_lower"])
        lp.col_cost_, lp.offset_ = request.get("costs", arrays["costs"]), arrays["offset"]
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_lower_ = request.get("lower", arrays["lower"])
        lp.col_upper_ = request.get("upper", arrays["upper"])
        lp.row_lower_, lp.row_upper_ = request.get("row_lower", arrays["row_lower"]), arrays["row_upper"]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = arrays["start"], arrays["index"]
        lp.a_matrix_.value_ = arrays["value"]
        integer = request.get("integer", arrays["integer"])
        if integer.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[flag] for flag in integer.tolist()]
        highs = highspy.Highs()
        highs.setOptionValue("log_to_console", False)
        # Read back as well: an option that is not in force must not be taken for one that is.
        refused = [
            name
            for name, value in request["options"].items()
            if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk or highs.getOptionValue(name)[1] != value
        ]
        if refused:
            raise ValueError(f"HiGHS refuses these options: {', '.join(refused)}")
        if highs.passModel(lp) == highspy.HighsStatus.kError:
            raise ValueError("HiGHS refuses the model")
        return highs

    def run(self, request: dict[str, Any]) -> None:
        """Solve once and send what came of it."""
        highs = self._fresh(request)
        in_force = ", ".join(f"{name}={highs.getOptionValue(name)[1]}" for name in request["options"])
        self.send(("log", f"Options in force, read back from HiGHS: {in_force}\n"))
        is_mip = bool(request.get("integer", self.arrays["integer"]).any())
        self._watch(highs, is_mip)
        start = request.get("start")
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = start.tolist()
            highs.setSolution(solution)
        highs.run()
        info = highs.getInfo()
        solution = highs.getSolution()
        fields = {
            "model_status": highs.modelStatusToString(highs.getModelStatus()),
            "primal_status": highs.solutionStatusToString(info.primal_solution_status),
            "objective": info.objective_function_value,
            "bound": info.mip_dual_bound if is_mip else info.objective_function_value,
            "solution": np.array(solution.col_value) if solution.value_valid else None,
            "reduced_costs": np.array(solution.col_dual) if solution.dual_valid and not is_mip else None,
        }
        self.send(("result", fields))

    def search(self, request: dict[str, Any]) -> None:
        """Search the lists by branch and bound and send the bound that came of it."""
        # Only here, because a process that runs HiGHS alone starts sooner without them.
        from scipy.sparse import csr_array  # noqa: PLC0415

        from devolve_opt.solver.blocks import split  # noqa: PLC0415
        from devolve_opt.solver.linear import BreakdownError  # noqa: PLC0415
        from devolve_opt.solver.master import Master  # noqa: PLC0415
        from devolve_opt.solver.tree import ListTree  # noqa: PLC0415

        arrays = self.arrays
        shape = (len(arrays["row_lower"]), len(arrays["costs"]))
        blocks = split(csr_array((arrays["value"], arrays["index"], arrays["start"]), shape=shape), request["places"])

        def show(name: str, point: Any) -> None:
            values = np.zeros(shape[1])
            values[blocks.first] = point
            self.send((name, values))

        def tell(bound: float) -> None:
            if np.isfinite(bound):
                self.send(("bound", bound))

        status = "Optimal"
        tree = None
        try:
            first = blocks.first
            lists, integer = request["lists"][first], arrays["integer"][first]
            master = Master(arrays, blocks, lists, self.stop.is_set)
            master.take_over(request["cuts"])
            tree = ListTree(master, lists, integer, request["gap"], tell, partial(show, "lists"), self.stop.is_set)
            tree.relax(request["start"][blocks.first])
            show("relaxed", master.point)
            if request["flips"]:
                self._flip(tree, blocks.first, shape[1], request)
            elif not request["relaxation_only"]:
                self._branch(tree)
            self.send(("cuts", master.known_cuts()))
        except BreakdownError as error:
            self.send(("log", f"search of lists: {error}"))
            status = "Solve error"
        bound = tree.bound if tree is not None else np.inf
        nothing = {"primal_status": "None", "objective": -np.inf, "solution": None, "reduced_costs": None}
        if self.stop.is_set():
            status = "Interrupted by user"
        self.send(("result", {"model_status": status, "bound": bound, **nothing}))

    def _flip(self, tree: Any, first: Any, columns: int, request: dict[str, Any]) -> None:
        """Send for each flip, columns of the matrix and what they are set to, a bound on every plan under it.

        With it goes where the relaxation stands then.
        """
        for number, flip in enumerate(request["flips"]):
            limits = {int(np.searchsorted(first, column)): (value, value) for column, value in flip.items()}
            bound = tree.bound_under(limits, request["enough"])
            if self.stop.is_set():
                return
            values = np.zeros(columns)
            values[first] = tree.master.point
            self.send(("flipped", number, bound, values))

    def _branch(self, tree: Any) -> None:
        """Branch until the gap is proven, listening to what the parent finds meanwhile."""
        while not self.stop.is_set():
            while not self.news.empty():
                _, objective, wanted = self.news.get()
                tree.objective, tree.wanted = max(tree.objective, objective), tree.wanted or wanted
            if tree.done or not tree.step():
                return

    def write(self, request: dict[str, Any]) -> None:
        """Send the model as a file would hold it: `columns` and `rows` are names, `kind` is `mps` or `lp`."""
        highs = self._fresh({"options": {}})
        for number, name in enumerate(request["columns"]):
            highs.passColName(number, name)
        for number, name in enumerate(request["rows"]):
            highs.passRowName(number, name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"model.{request['kind']}"
            # A warning says that names were changed, and then no reader would know them.
            if highs.writeModel(str(path)) != highspy.HighsStatus.kOk:
                raise ValueError(f"HiGHS cannot write the model as {request['kind'].upper()}")
            self.send(("result", {"model_status": "Written", "content": path.read_bytes()}))

    def _watch(self, highs: highspy.Highs, is_mip: bool) -> None:
        kinds = highspy.cb.HighsCallbackType
        last_bound = [np.nan]

        def callback(kind: Any, message: str, data_out: Any, data_in: Any, _user: Any) -> None:
            if kind == kinds.kCallbackLogging:
                self.send(("log", message))
            elif kind == kinds.kCallbackMipImprovingSolution:
                self.send(("incumbent", data_out.objective_function_value, np.array(data_out.mip_solution)))
            else:
                if kind in (kinds.kCallbackMipInterrupt, kinds.kCallbackMipLogging):
                    bound = data_out.mip_dual_bound
                    if np.isfinite(bound) and bound != last_bound[0]:
                        last_bound[0] = bound
                        self.send(("bound", bound))
                if data_in is not None and self.stop.is_set():
                    data_in.user_interrupt = True

        highs.setCallback(callback, None)
        wanted = [kinds.kCallbackLogging, kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt]
        if is_mip:
            wanted += [kinds.kCallbackMipImprovingSolution, kinds.kCallbackMipInterrupt, kinds.kCallbackMipLogging]
        for kind in wanted:
            highs.startCallback(kind)


def limit_memory() -> None:
    """Take no more megabytes than the parent says, else no more than most of the machine's: then HiGHS fails, not it.

    Only where the system can: Linux.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows

        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ImportError, ValueError, OSError):
        return
    most = int(sys.argv[1]) * 1024**2 if len(sys.argv) > 1 else int(PART_OF_MEMORY * whole)
    with contextlib.suppress(ValueError, OSError):
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if soft == resource.RLIM_INFINITY or most < soft:
            resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    limit_memory()
    for name in ("SIGINT", "SIGBREAK"):  # Ctrl-C is the parent's to answer
        with contextlib.suppress(AttributeError, ValueError):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints goes to the error stream, not between the messages
    lock = threading.Lock()

    def send(message: tuple[Any, ...]) -> None:
        try:
            with lock:
                pickle.dump(message, replies, protocol=5)
                replies.flush()
        except OSError:
            os._exit(1)  # the parent is gone

    worker = Worker(send)
    pending: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()

    def listen() -> None:
        while True:
            try:
                message = pickle.load(requests)
            except Exception:
                os._exit(0)  # the parent closed the pipe or died
            if message[0] == "stop":
                worker.stop.set()
            elif message[0] == "known":
                worker.news.put(message)
            else:
                if message[0] in ("run", "search"):
                    worker.stop.clear()  # here and not when it starts, so that no later stop is lost
                pending.put(message)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        name, content = pending.get()
        try:
            {"load": worker.load, "run": worker.run, "search": worker.search, "write": worker.write}[name](content)
        except Exception as error:
            send(("result", {"model_status": "Refused", "error": str(error)}))


if __name__ == "__main__":
    main()
