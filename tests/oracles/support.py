"""What the oracle tests share: the built tool, servers on loopback, a project of their own."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("TABLEWRIGHT", ROOT / "target" / "debug" / "tablewright"))
VENV = pathlib.Path(sys.executable).parent

# Nothing of the machine's own AWS configuration: any credentials will do on loopback.
ENV = {
    **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_PAGER": "",
    "NO_COLOR": "1",
}


@contextlib.contextmanager
def project():
    """A copy of the sample stacks beside this workspace's library, so that no test sees another's sandbox."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tablewright-oracle-"))
    try:
        # Without the times of the originals: cargo would take what another test has built from its copy for up to date.
        ignored = shutil.ignore_patterns("gallery", "rendered", "sam", ".*")
        shutil.copytree(ROOT / "stacks", folder / "stacks", ignore=ignored, copy_function=shutil.copy)
        manifest = folder / "stacks" / "Cargo.toml"
        text = manifest.read_text()
        for inherited, written in {
            "edition.workspace = true": 'edition = "2024"',
            "rust-version.workspace = true": "",
            "serde.workspace = true": 'serde = { version = "1", features = ["derive"] }',
            "tablewright.workspace = true": f'tablewright = {{ path = "{ROOT}" }}',
        }.items():
            text = text.replace(inherited, written)
        manifest.write_text(text + "\n[workspace]\n")
        shutil.copy(ROOT / "Cargo.lock", folder / "stacks" / "Cargo.lock")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tool(*args, cwd, env=ENV, check=True):
    """Runs the tool; its stdout, stderr and exit code come back."""
    # A build folder of the workspace's, so that the libraries are compiled once.
    env = {**env, "CARGO_TARGET_DIR": str(ROOT / "target")}
    env.pop("CI", None)
    done = subprocess.run([TOOL, *args], cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"tablewright {' '.join(args)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def stranger(command, endpoint, check=True):
    """Runs somebody else's command with every AWS call led to an endpoint; stdout, stderr and exit code come back."""
    env = {**ENV, "AWS_ENDPOINT_URL": endpoint, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_OUTPUT": "json"}
    command = [str(part) for part in command]
    done = subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def aws(endpoint, *args, check=True):
    """Runs the AWS CLI against an endpoint."""
    return stranger([VENV / "aws", *args], endpoint, check)


@contextlib.contextmanager
def sandbox(folder, scale=10):
    """The tool's sandbox on a port of its own, where time runs so many times as fast; yields the endpoint."""
    env = {**ENV, "CARGO_TARGET_DIR": str(ROOT / "target"), "TABLEWRIGHT_SANDBOX_SCALE": str(scale)}
    server = subprocess.Popen(
        [TOOL, "sandbox", "serve"], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
        server.stdout.close()


@contextlib.contextmanager
def ministack():
    """MiniStack on a port of its own, on loopback only; yields the endpoint."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**ENV, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING"}
    server = subprocess.Popen([VENV / "ministack"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    endpoint = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{endpoint}/_ministack/ready")
        yield endpoint
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(url, seconds=60):
    """Returns when a server answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
