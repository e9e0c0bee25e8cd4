"""The customer's way through Assay by its REST interface."""

import time
from pathlib import Path

import requests


class Assay:
    def __init__(self, url: str):
        self.url, self.http, self._refresh = url.rstrip("/"), requests.Session(), None

    def login(self, username: str, password: str) -> dict:
        return self._keep(self._call("POST", "/auth/login", json={"username": username, "password": password}))

    def create_request(self, title: str, classes: list[str]) -> str:
        return self._call("POST", "/requests", json={"title": title, "classes": classes})["id"]

    def upload(self, request_id: str, files: list[tuple[str, bytes]]) -> dict:
        """Files as (name, bytes); those that were refused are named in `errors`."""
        return self._call("POST", f"/requests/{request_id}/uploads", files=[("files", file) for file in files])

    def upload_paths(self, request_id: str, paths: list[Path], per_call: int = 50):
        for at in range(0, len(paths), per_call):
            yield self.upload(request_id, [(path.name, path.read_bytes()) for path in paths[at : at + per_call]])

    def run_qc(self, request_id: str):
        """Starts quality control and yields its status until it has ended."""
        self._call("POST", f"/requests/{request_id}/qc/run", json={"scope": "request"})
        while True:
            status = self._call("GET", f"/requests/{request_id}/qc/status")
            yield status
            if status["status"] not in ("queued", "running"):
                return
            time.sleep(1)

    def results(self, request_id: str) -> list[dict]:
        return self._call("GET", f"/requests/{request_id}/qc/results")

    def export(self, request_id: str, format: str) -> bytes:
        export = self._call("POST", f"/requests/{request_id}/exports", json={"format": format})
        while export["status"] in ("queued", "running"):
            time.sleep(1)
            export = self._call("GET", f"/exports/{export['id']}")
        if export["status"] != "completed":
            raise RuntimeError(export["error"])
        return requests.get(export["download_url"], timeout=300).content

    def _keep(self, tokens: dict) -> dict:
        self.http.headers["Authorization"], self._refresh = f"Bearer {tokens['access']}", tokens["refresh"]
        return tokens

    def _call(self, method: str, path: str, **body):
        answer = self.http.request(method, f"{self.url}/api{path}", timeout=300, **body)
        if answer.status_code == 401 and self._refresh:
            refresh, self._refresh = self._refresh, None
            self._keep(self._call("POST", "/auth/refresh", json={"refresh": refresh}))
            return self._call(method, path, **body)
        if answer.status_code in (429, 503) and int(answer.headers.get("Retry-After", 999)) <= 60:
            time.sleep(int(answer.headers["Retry-After"]))
            return self._call(method, path, **body)
        if not answer.ok:
            raise RuntimeError(answer.json()["message"])
        return answer.json()
