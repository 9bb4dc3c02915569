"""An organisation's sign-in: a real OpenID provider in a process of its own, on loopback.

It is django-oauth-toolkit, which shares no code with what is tested. A cookie says who sits at
the browser; `/alter` makes it say something wrong in its next ID tokens.

Run as `python tests/organisation.py FOLDER PORT REDIRECT_URIS`, these with spaces between.
"""

from __future__ import annotations

import base64
import json
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from jwcrypto import jwk, jws

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT, SECRET = "wardlight", "the provider knows this one too"
PERSON = "person"
FOLDER, PORT, REDIRECT = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
ISSUER = f"http://127.0.0.1:{PORT}"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
ALTERED: dict[str, Any] = {}

settings.configure(
    SECRET_KEY="only here",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / f"{PORT}.sqlite"}
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    MIDDLEWARE=[f"{__name__}.seated"],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": PEM,
        "OIDC_ISS_ENDPOINT": ISSUER,
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
        "SCOPES": {"openid": "who you are"},
        "PKCE_REQUIRED": True,
    },
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 (only after the set-up)
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402


def seated(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let whoever the browser's cookie names be signed in over here."""

    def handle(request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(PERSON, "nobody-in-particular")
        request.user = get_user_model().objects.get_or_create(
            username=name,
            defaults={"last_login": datetime.now(UTC)},  # noqa: TID251
        )[0]
        return answer(request)

    return handle


class Validator(OAuth2Validator):  # type: ignore[misc] # no types
    """Signs ID tokens as it is told, rightly or wrongly."""

    def finalize_id_token(self, id_token: Any, token: Any, handler: Any, request: Any) -> str:
        claims, expires = self.get_id_token_dictionary(token, handler, request)
        said = {**id_token, **claims, "sub": request.user.username}
        said["jti"] = str(uuid.uuid4())
        if request.nonce:
            said["nonce"] = request.nonce
        said |= ALTERED.get("claims", {})
        said = {name: value for name, value in said.items() if value is not None}
        request.id_token = self._save_id_token(said.get("jti"), request, expires)
        request.access_token = request.id_token
        return signed(said, ALTERED.get("alg", "RS256"), request.client.jwk_key)


def signed(claims: dict[str, Any], alg: str, key: jwk.JWK) -> str:
    body, kid = json.dumps(claims).encode(), key.thumbprint()
    if alg == "none":
        parts = (json.dumps({"alg": "none"}).encode(), body)
        plain = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
        return ".".join([*plain, ""])
    if alg == "HS256":  # with what everybody knows: the public key
        key = jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(key.export_to_pem()).decode())
    if alg == "another key":
        alg, key = "RS256", jwk.JWK.generate(kty="RSA", size=2048)
    token = jws.JWS(body)
    token.add_signature(key, None, json.dumps({"alg": alg, "kid": kid}))
    return str(token.serialize(compact=True))


@csrf_exempt  # type: ignore[untyped-decorator] # no types
def alter(request: HttpRequest) -> HttpResponse:
    ALTERED.clear()
    ALTERED.update(json.loads(request.body))
    time.sleep(ALTERED.get("wait", 0))
    return HttpResponse(status=204)


urlpatterns = [
    path("alter", alter),
    path("", include("oauth2_provider.urls", namespace="oauth2_provider")),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's)
        pass


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main() -> None:
    call_command("migrate", verbosity=0)
    model = get_application_model()
    model.objects.create(
        client_id=CLIENT,
        client_secret=SECRET,
        client_type=model.CLIENT_CONFIDENTIAL,
        authorization_grant_type=model.GRANT_AUTHORIZATION_CODE,
        redirect_uris=REDIRECT,
        post_logout_redirect_uris=" ".join(each.rpartition("/")[0] for each in REDIRECT.split()),
        skip_authorization=True,
        algorithm=model.RS256_ALGORITHM,
    )
    web = make_server("127.0.0.1", PORT, get_wsgi_application(), Server, Quiet)
    print("ready", flush=True)  # noqa: T201
    web.serve_forever()


if __name__ == "__main__":
    main()
