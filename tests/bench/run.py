"""How fast the tool is: `python3 tests/bench/run.py` builds the release and prints Markdown tables.

Needs nothing but cargo and Python. Figures are CPU time (user and system) of a whole process tree as the kernel counts it,
so that other work on the machine disturbs them little; the wall clock stands beside them. Nothing here is a test: a figure
that misses its aim is marked, and the exit code stays 0. `--only process --tables 5000` measures one size with its peak memory;
`--tool PATH` measures a tool that is built already, such as that of another commit.
"""

import argparse
import dataclasses
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "target" / "release" / "tablewright"
# Nothing of the machine's AWS settings, and the tool as at a developer's desk: in CI it passes `--locked` to cargo.
ENV = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith(("AWS_", "CARGO_"))}
for kept in ("CARGO_HOME",):
    if kept in os.environ:
        ENV[kept] = os.environ[kept]

STRUCT = '''
/// An order of a customer.
///
/// Written by the shop, read by the customer and by the warehouse.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(
    index(name = "by-status", partition(status), sort(ordered_at)),
    index(name = "by-product", partition(product), project(only(total)))
)]
pub struct Order{number} {{
    #[ddb(partition)]
    pub customer_id: String,
    /// Sortable by time, such as a ULID.
    #[ddb(sort)]
    pub order_id: String,
    pub status: String,
    pub product: String,
    /// Milliseconds since 1970.
    pub ordered_at: u64,
    /// In cents.
    pub total: u64,
}}
'''


@dataclasses.dataclass
class Run:
    """What one process and its children took."""

    cpu: float
    wall: float
    peak: float


# Tables and stacks of the generated projects; the least runs of a command; the most CPU ms of `render`, and the most MB.
SIZES = {2: (1, 15, (6, None)), 100: (1, 15, None), 480: (1, 15, (60, 40)), 5000: (11, 5, (600, 80))}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=25, help="runs of every command, at least 15, for 5,000 tables 5 (default: 25)")
    options.add_argument("--only", choices=("definitions", "process", "benches"), help="one part instead of all")
    options.add_argument("--tables", type=int, nargs="*", choices=SIZES, default=SIZES, help="sizes of the generated projects")
    options.add_argument("--tool", type=pathlib.Path, help="a tool that is built already")
    given = options.parse_args()
    global TOOL
    if given.tool:
        TOOL = given.tool.resolve()
    else:
        cargo("build", "--release", "--locked", "--quiet", "--package", "tablewright-cli", cwd=ROOT)
    with tempfile.TemporaryDirectory(prefix="tablewright-bench-") as folder:
        folder = pathlib.Path(folder)
        ENV["CARGO_TARGET_DIR"] = str(folder / "target")
        if given.only in (None, "definitions"):
            definitions(folder, max(15, given.runs))
        if given.only in (None, "process"):
            whole_process(folder, given.runs, given.tables)
    ENV.pop("CARGO_TARGET_DIR")
    if given.only in (None, "benches"):
        benches()
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"\nLoad of the machine at the end (1, 5, 15 minutes): {load}; {os.cpu_count()} cores.")


def benches():
    """The parts of the tool without a process around them."""
    print("### The renderer alone, in process\n\nAim at 480: 5 ms, at most five times serde_json.", flush=True)
    cargo("bench", "--locked", "--quiet", "--package", "tablewright", "--features", "render", "--bench", "render", cwd=ROOT)
    print("\n### Plans, in process\n\nAim at 480: 100 ms.", flush=True)
    cargo("bench", "--locked", "--quiet", "--package", "tablewright-plan", "--bench", "plan", cwd=ROOT)


def definitions(folder, runs):
    """The crate of item structs: what it costs to build it, and to see the effect of an edit."""
    tree = cargo("tree", "--locked", "--package", "stacks", "--edges", "normal,build", "--prefix", "none", cwd=ROOT, capture=True)
    packages = len({line.split()[0] for line in tree.splitlines() if line})
    cold = measure(["cargo", "build", "--locked", "--quiet", "--package", "stacks"], ROOT)
    sample = sample_project(folder / "sample")
    manifest = [str(folder / "target" / "debug" / "stacks"), "--env", "dev"]
    build = ["cargo", "build", "--quiet"]
    measure(build, sample / "stacks")
    edits = []
    for _ in range(runs):
        os.utime(sample / "stacks" / "notes.rs")
        built, ran = measure(build, sample / "stacks"), measure(manifest, sample)
        edits.append(Run(built.cpu + ran.cpu, built.wall + ran.wall, max(built.peak, ran.peak)))
    cpu, wall = [run.cpu for run in edits], [run.wall for run in edits]
    print("### The crate of item structs: the sample, three tables, debug build\n")
    print("| what | measured | wall | aim |\n| --- | ---: | ---: | ---: |")
    print(f"| packages | {packages} | | 14{missed(packages, 14)} |")
    print(f"| cold build, CPU seconds (once) | {cold.cpu:.1f} | {cold.wall:.1f} | 12{missed(cold.cpu, 12)} |")
    print(
        f"| edit to manifest, CPU seconds (median / least of {runs}) | {spread(cpu, 2)} | {spread(wall, 2)} | 0.5{missed(min(cpu), 0.5)} |\n",
        flush=True,
    )


def whole_process(folder, runs, sizes):
    """The tool itself, with everything built and nothing changed since."""
    floor = measure(["true"], folder).peak
    print("### The whole process, nothing changed since the last build\n")
    print(f"Median / least of {max(15, runs)} runs (5,000 tables: {max(5, runs // 5)}), the program of the stacks included. Peak memory is that of the larger process;")
    print(f"{floor:.0f} MB of Python's own, before it becomes the tool, are the least that can be seen.\n")
    print("| command | tables | CPU ms | wall ms | peak MB | aim |\n| --- | ---: | ---: | ---: | ---: | --- |")
    few = max(15, runs)
    row("`--help`", "", [TOOL, "--help"], folder, few, aim=(5, None))
    sample = sample_project(folder / "sample-of-process")
    for name, args, aim in (
        ("`render notes`, the sample", ["render", "notes"], (6, None)),
        ("`render`, the sample", ["render"], (6, None)),
        ("`render --out`, the sample, two environments", ["render", "--out", "rendered"], None),
    ):
        row(name, 3, [TOOL, *args], sample, few, aim)
    for tables in sizes:
        stacks, least, aim = SIZES[tables]
        some = max(least, runs if least > 5 else runs // 5)
        shown = f"{tables:,} in {stacks} stacks" if stacks > 1 else tables
        project = generated_project(folder / f"generated-{tables}", tables, stacks)
        row("`render`", shown, [TOOL, "render"], project, some, aim)
        row("`render --out`", shown, [TOOL, "render", "--out", "rendered"], project, some, aim)
    print(flush=True)


def row(name, tables, command, cwd, runs, aim):
    """Prints the row of one command."""
    # The first run builds, and cargo may write the lock file meanwhile; the second sees that. Without a cargo to ask, the
    # others fail if they do not see that nothing has changed.
    for _ in range(2):
        measure(command, cwd)
    done = [measure(command, cwd, {"CARGO": os.devnull}) for _ in range(runs)]
    cpu, wall = ([getattr(run, what) * 1000 for run in done] for what in ("cpu", "wall"))
    peak = statistics.median(run.peak for run in done)
    aims = ""
    if aim:
        most_cpu, most_peak = aim
        aims = f"{most_cpu} ms CPU{missed(min(cpu), most_cpu)}"
        if most_peak:
            aims += f", {most_peak} MB{missed(peak, most_peak)}"
    print(f"| {name} | {tables} | {spread(cpu, 1)} | {spread(wall, 1)} | {peak:.0f} | {aims} |", flush=True)


def missed(figure, aim):
    return "" if figure <= aim else " (**missed**)"


def spread(figures, digits):
    return f"{statistics.median(figures):.{digits}f} / {min(figures):.{digits}f}"


def measure(command, cwd, env=None):
    """Runs a command to its end; stdout goes nowhere."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, cwd=cwd, env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            words.seek(0)
            shown = " ".join(map(str, command))
            raise SystemExit(f"{shown} ended with {process.returncode}:\n{words.read().decode()}")
    return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1000)


def cargo(*args, cwd, capture=False):
    done = subprocess.run(["cargo", *args], cwd=cwd, env=ENV, check=True, text=True, stdout=subprocess.PIPE if capture else None)
    return done.stdout


def sample_project(folder):
    """A copy of the sample stacks, standing alone as a user's would."""
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    write_manifest(folder / "stacks", "stacks")
    return folder


def generated_project(folder, tables, stacks):
    """A project with so many tables, spread evenly over its stacks, each with two global indexes."""
    crate = folder / "stacks"
    crate.mkdir(parents=True)
    write_manifest(crate, f"stacks-{tables}")
    (crate / "tablewright.toml").write_text('[project]\nname = "bench"\ndefault_env = "dev"\n\n[env.dev]\n')
    names = [f"orders{number}" for number in range(stacks)]
    (crate / "main.rs").write_text(f"tablewright::stacks!({', '.join(names)});\n")
    for stack, name in enumerate(names):
        numbers = range(stack, tables, stacks)
        structs = "".join(STRUCT.format(number=number) for number in numbers)
        added = "".join(f"    stack.table(Table::of::<Order{number}>());\n" for number in numbers)
        (crate / f"{name}.rs").write_text(
            "use serde::{Deserialize, Serialize};\nuse tablewright::{Env, Result, Stack, Table, TableItem};\n"
            + structs
            + "\npub fn stack(_env: &Env) -> Result<Stack> {\n"
            + f'    let mut stack = Stack::new("{name}").description("Orders of many shops");\n'
            + added
            + "    Ok(stack)\n}\n"
        )
    return folder


def write_manifest(stacks, name):
    (stacks / "Cargo.toml").write_text(
        f'''[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[dependencies]
serde = {{ version = "1", features = ["derive"] }}
tablewright = {{ path = "{ROOT}" }}

[[bin]]
name = "{name}"
path = "main.rs"

# As in the workspace, so that the dependencies are built once.
[profile.dev.package."*"]
debug = false

[workspace]
'''
    )
    shutil.copy(ROOT / "Cargo.lock", stacks / "Cargo.lock")


if __name__ == "__main__":
    main()
