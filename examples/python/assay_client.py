"""The customer's way through Assay by its REST interface."""

import time
import requests


class Assay:
    def __init__(self, url: str):
        self.url, self.http, self._refresh = url.rstrip("/"), requests.Session(), None

    def login(self, username: str, password: str):
        self._keep(self._call("POST", "/auth/login", json={"username": username, "password": password}))

    def create_request(self, title: str, classes: list[str]) -> str:
        return self._call("POST", "/requests", json={"title": title, "classes": classes})["id"]

    def upload(self, request_id: str, files: list[tuple[str, bytes]]) -> dict:
        """At most 500 files as (name, bytes); those that were refused are named in `errors`."""
        return self._call("POST", f"/requests/{request_id}/uploads", files=[("files", file) for file in files])

    def run_qc(self, request_id: str):
        """Starts quality control and yields its status until it has ended."""
        self._call("POST", f"/requests/{request_id}/qc/run", json={"scope": "request"})
        return self._until_ended(f"/requests/{request_id}/qc/status")

    def results(self, request_id: str) -> list[dict]:
        return self._call("GET", f"/requests/{request_id}/qc/results")

    def export(self, request_id: str, kind: str) -> bytes:
        begun = self._call("POST", f"/requests/{request_id}/exports", json={"format": kind})
        *_, export = self._until_ended(f"/exports/{begun['id']}")
        if export["status"] != "completed":
            raise RuntimeError(export["error"])
        return requests.get(export["download_url"], timeout=300).content

    def _until_ended(self, path: str):
        while (status := self._call("GET", path))["status"] in ("queued", "running"):
            yield status
            time.sleep(1)
        yield status

    def _keep(self, tokens: dict):
        self.http.headers["Authorization"], self._refresh = f"Bearer {tokens['access']}", tokens["refresh"]

    def _call(self, method: str, path: str, **body):
        answer = self.http.request(method, f"{self.url}/api{path}", timeout=300, **body)
        if answer.status_code == 401 and self._refresh:
            refresh, self._refresh = self._refresh, None
            self._keep(self._call("POST", "/auth/refresh", json={"refresh": refresh}))
            return self._call(method, path, **body)
        if not answer.ok:
            raise RuntimeError(answer.json()["message"])
        return answer.json()
