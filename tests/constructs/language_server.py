"""A client for pyright's language server: what an editor asks when somebody points at a name or writes a call."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = {"uri": (ROOT / "example.py").as_uri()}


class LanguageServer:
    """A running server, with one document."""

    def __init__(self):
        command = [sys.executable, "-m", "pyright.langserver", "--stdio"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._requests = self._version = 0
        folder = {"uri": ROOT.as_uri(), "name": "project"}
        capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
        self._ask("initialize", processId=None, rootUri=None, capabilities=capabilities, workspaceFolders=[folder])
        self._send("initialized", {})

    def hover(self, code):
        """Return what is shown of the last name of some code."""
        found = self._ask("textDocument/hover", textDocument=DOCUMENT, position=self._open(code, code.rindex("(") - 1))
        return found["contents"]["value"]

    def completed(self, code):
        """Return the keyword arguments that are offered at the end of some code."""
        found = self._ask("textDocument/completion", textDocument=DOCUMENT, position=self._open(code, len(code)))
        return [item["label"].removesuffix("=") for item in found["items"] if item["label"].endswith("=")]

    def close(self):
        """End the server."""
        self._process.kill()
        self._process.communicate()

    def _open(self, code, offset):
        """Make some code the document, and return the position of a character of it."""
        self._version += 1
        if self._version > 1:
            self._send("textDocument/didClose", {"textDocument": DOCUMENT})
        document = {**DOCUMENT, "languageId": "python", "version": self._version, "text": code}
        self._send("textDocument/didOpen", {"textDocument": document})
        before = code[:offset].split("\n")
        return {"line": len(before) - 1, "character": len(before[-1])}

    def _ask(self, method, **params):
        self._requests += 1
        self._send(method, params, id=self._requests)
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self._requests:
                return message["result"]
            if "method" in message and "id" in message:  # the server asks for its settings
                items = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
                settings = [{"pythonPath": sys.executable} for _ in items]
                self._write({"id": message["id"], "result": settings})

    def _send(self, method, params, **more):
        self._write({"method": method, "params": params, **more})

    def _write(self, message):
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self._process.stdin.flush()

    def _receive(self):
        length = 0
        while line := self._process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self._process.stdout.read(length))
