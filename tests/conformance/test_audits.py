"""All audits of graphql-http against the running service."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.serving import serving

HERE = Path(__file__).parent
AUDITS = 61


def test_all_audits_of_graphql_http_pass() -> None:
    node = shutil.which("node")
    assert node is not None, "needs Node.js; `make test` installs it"
    assert (HERE / "node_modules" / "graphql-http").is_dir(), "needs graphql-http: npm ci in tests/conformance"
    with serving("memory:") as address:
        done = subprocess.run(
            [node, "audits.mjs", f"{address}/graphql"], cwd=HERE, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert len(results) == AUDITS
    failed = [f"{one['id']} {one['name']}: {one['reason']}" for one in results if one["status"] != "ok"]
    assert failed == [], "\n".join(failed)
