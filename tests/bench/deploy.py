"""How a deployment compares with the AWS CLI's and SAM CLI's, on the same timeline of the same sandbox.

`python3 tests/bench/deploy.py --aws PATH/aws [--sam PATH/sam] [--tool PATH/tablewright]` prints Markdown tables. Every client is
led through a proxy that counts its calls. When the stack's end can be seen is asked by a poller of the script's own, straight from the
sandbox, every 25 ms; "exit after the end" is the process's exit minus that. No client knows that a sandbox runs faster than AWS, and
the pauses of all are made for AWS: only `--scale 1` compares them fairly. Nothing here is a test: no figure fails it.
"""

import argparse
import collections
import contextlib
import http.client
import http.server
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracles"))
import support  # noqa: E402

STACK = "demo-notes-dev"
END = ("CREATE_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED")


def counting_proxy(endpoint):
    """Passes calls on to an endpoint and counts the form-encoded ones, which are CloudFormation's, by action."""
    host = urllib.parse.urlsplit(endpoint).netloc
    calls = collections.Counter()

    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A small answer must not wait for the acknowledgement of its own head.
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def do_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            action = urllib.parse.parse_qs(body.decode("latin-1")).get("Action")
            if action and "X-Amz-Target" not in self.headers:
                calls[action[0]] += 1
            upstream = http.client.HTTPConnection(host)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            upstream.close()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_any

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}", calls


def status(endpoint):
    """The stack's status as a fast poller sees it; None where there is no stack."""
    body = urllib.parse.urlencode({"Action": "DescribeStacks", "Version": "2010-05-15", "StackName": STACK})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    # What the sandbox asks of a caller is a region, and that is in the credential's scope.
    headers["Authorization"] = (
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0"
    )
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(endpoint).netloc)
    connection.request("POST", "/", body, headers)
    text = connection.getresponse().read().decode()
    connection.close()
    return text.split("<StackStatus>")[1].split("<")[0] if "<StackStatus>" in text else None


def watch_for_the_end(endpoint, seen):
    while status(endpoint) not in END:
        time.sleep(0.025)
    seen.append(time.monotonic())


def run(command, endpoint, cwd):
    """Runs a client through a proxy of its own; returns wall, CPU, calls, and the time of its exit."""
    server, url, calls = counting_proxy(endpoint)
    env = {**support.ENV, "AWS_ENDPOINT_URL": url, "SAM_CLI_TELEMETRY": "0"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    exited, after = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    server.shutdown()
    server.server_close()
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return exited - began, cpu, calls, exited


@contextlib.contextmanager
def fresh_sandbox(scale):
    with tempfile.TemporaryDirectory(prefix="tablewright-bench-") as folder:
        folder = pathlib.Path(folder)
        # A project is where a sandbox is kept; nothing of it is built.
        (folder / "stacks").mkdir()
        for name in ("Cargo.toml", "main.rs", "tablewright.toml"):
            (folder / "stacks" / name).write_bytes((ROOT / "stacks" / name).read_bytes())
        with support.sandbox(folder, scale) as endpoint:
            yield folder, endpoint


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tool", type=pathlib.Path, default=support.TOOL)
    options.add_argument("--aws", type=pathlib.Path)
    options.add_argument("--sam", type=pathlib.Path)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--scale", type=float, default=1)
    given = options.parse_args()
    support.TOOL = given.tool
    rendered = ROOT / "stacks" / "rendered" / "dev"
    template = rendered / "notes.yaml"
    clients = {"tablewright deploy": [given.tool, "deploy", "notes", "--from", rendered, "--yes"]}
    if given.aws:
        clients["aws cloudformation deploy"] = [
            given.aws, "cloudformation", "deploy", "--stack-name", STACK, "--template-file", template,
            "--no-fail-on-empty-changeset",
        ]  # fmt: skip
    if given.sam:
        clients["sam deploy"] = [
            given.sam, "deploy", "--stack-name", STACK, "--template-file", template, "--no-confirm-changeset",
            "--no-fail-on-empty-changeset", "--region", "us-east-1",
        ]  # fmt: skip
    creations, repeats = [], []
    for name, command in clients.items():
        late, counts, walls, cpus, again_walls, again_cpus, again_counts = ([] for _ in range(7))
        for _ in range(given.runs):
            with fresh_sandbox(given.scale) as (folder, endpoint):
                seen = []
                poller = threading.Thread(target=watch_for_the_end, args=(endpoint, seen), daemon=True)
                poller.start()
                wall, cpu, calls, exited = run(command, endpoint, folder)
                poller.join(5)
                late.append(exited - seen[0])
                counts.append(calls.total())
                walls.append(wall)
                cpus.append(cpu)
                # The same once more: the tags and settings that a deployment sets are there by now.
                wall, cpu, calls, _ = run(command, endpoint, folder)
                again_walls.append(wall)
                again_cpus.append(cpu)
                again_counts.append(calls.total())
        middle = statistics.median
        creations.append(
            f"| `{name}` | {middle(late):.2f} s | {max(late):.2f} s | {middle(counts):.0f} | {middle(walls):.1f} s | {middle(cpus):.2f} s |"
        )
        repeats.append(
            f"| `{name}` | {middle(again_walls):.2f} s | {middle(again_cpus):.2f} s | {middle(again_counts):.0f} |"
        )
    print(f"Creation of the sample's `notes`, {given.runs} runs, sandbox {given.scale:g} times as fast as AWS, `{given.tool}`:\n")
    print("| client | exit after the end, median | at most | CloudFormation calls | wall | CPU |\n|---|---|---|---|---|---|")
    print(*creations, sep="\n")
    print("\nThe same stack, unchanged:\n\n| client | wall | CPU | CloudFormation calls |\n|---|---|---|---|")
    print(*repeats, sep="\n")


if __name__ == "__main__":
    main()
