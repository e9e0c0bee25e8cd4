"""The customer's way through Assay by its REST interface. What goes wrong is a RuntimeError with a sentence for him."""

import time
import requests
from urllib3.util import Retry


class Assay:
    def __init__(self, url: str, username: str, password: str):
        if not (username and password):
            raise RuntimeError("Give a name and a password.")
        self.url, self.http, self.tokens = url.rstrip("/"), requests.Session(), {}
        busy = Retry(connect=0, read=0, status=5, status_forcelist=(429, 503), allowed_methods=None, raise_on_status=False)
        self.http.mount(self.url, requests.adapters.HTTPAdapter(max_retries=busy))
        self.tokens = self._call("POST", "/auth/login", json={"username": username, "password": password})

    def create_request(self, title: str, classes: list[str]) -> str:
        return self._call("POST", "/requests", json={"title": title, "classes": classes})["id"]

    def upload(self, request_id: str, files: list[tuple[str, bytes]]) -> dict:
        """At most 500 files as (name, bytes); those that were refused are named in `errors`."""
        return self._call("POST", f"/requests/{request_id}/uploads", files=[("files", file) for file in files])

    def run_qc(self, request_id: str):  # yields its status until it has ended
        self._call("POST", f"/requests/{request_id}/qc/run", json={"scope": "request"})
        return self._until_ended(f"/requests/{request_id}/qc/status")

    def results(self, request_id: str) -> list[dict]:
        rows, path = [], f"/requests/{request_id}/qc/results"
        while page := self._call("GET", path, params={"cursor": rows[-1]["image_id"]} if rows else {}):
            rows += page
        return rows

    def export(self, request_id: str, kind: str) -> bytes:
        export = self._call("POST", f"/requests/{request_id}/exports", json={"format": kind})
        *_, export = self._until_ended(f"/exports/{export['id']}")
        if export["status"] != "completed":
            raise RuntimeError(export["error"])
        return requests.get(export["download_url"], timeout=300).content

    def _until_ended(self, path: str):
        while (status := self._call("GET", path))["status"] in ("queued", "running"):
            yield status
            time.sleep(1)
        yield status

    def _call(self, method: str, path: str, **body):
        headers = {"Authorization": f"Bearer {self.tokens['access']}"} if self.tokens else {}
        try:
            answer = self.http.request(method, f"{self.url}/api{path}", headers=headers, timeout=300, **body)
            said = answer.json()
        except requests.RequestException as error:
            raise RuntimeError(f"No Assay answers at {self.url}.") from error
        if answer.status_code == 401 and "refresh" in self.tokens:
            self.tokens = self._call("POST", "/auth/refresh", json={"refresh": self.tokens.pop("refresh")})
            return self._call(method, path, **body)
        if not answer.ok:
            raise RuntimeError(said["message"])
        return said
