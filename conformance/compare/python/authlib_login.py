"""A login with Authlib's session for ``requests``, which is kept, as is the key set."""

from io import BytesIO
from typing import Any

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from ours import Work
from peers import Authlib
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter


class Memory(BaseAdapter):
    """Answers from memory, without a connection."""

    body = b""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        response = Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response.url = request.url or ""
        response.request = request
        response.raw = BytesIO(self.body)
        return response

    def close(self) -> None:
        pass


class AuthlibLogin:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._verifier = Authlib(work)
        self._memory = Memory()
        self._session = OAuth2Session(
            work["client_id"],
            work["client_secret"],
            scope="openid profile email",
            redirect_uri=work["redirect_uri"],
            code_challenge_method="S256",
        )
        # No proxies and passwords from the environment: looking for them takes longer than a signature.
        self._session.trust_env = False
        self._session.mount("https://", self._memory)

    def answer_tokens(self, response: str) -> None:
        self._memory.body = response.encode()

    def log_in(self) -> str:
        work, metadata = self._work, self._work["metadata"]
        verifier = generate_token(48)
        _, state = self._session.create_authorization_url(
            metadata["authorization_endpoint"], state=work["state"], nonce=work["nonce"], code_verifier=verifier
        )
        tokens = self._session.fetch_token(
            metadata["token_endpoint"],
            authorization_response=f"{work['redirect_uri']}?{work['callback']}",
            state=state,
            code_verifier=verifier,
        )
        return self._verifier.verify(tokens["id_token"], access_token=tokens["access_token"])
