"""SOAP login, the one call of the partner interface that REST clients still make.

Belongs here: `/services/Soap/{u,c}/<version>` with the method `login`, and faults.
Does not: OAuth (`auth`).
"""

from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from sandbox.counters import Counters
from sandbox.salesforce.http.credentials import LOGIN_HOSTS, Credentials, org_of_username
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.hosts import clock, host_of, org_at
from sandbox.salesforce.http.replies import date_header
from sandbox.salesforce.http.tokens import Tokens
from sandbox.salesforce.http.versions import check_version
from sandbox.salesforce.org import Org
from sandbox.salesforce.orgs import Orgs

_WRONG = "Invalid username, password, security token; or user locked out."
_NEW_PLACE = (
    f"{_WRONG} Are you at a new location? When accessing Salesforce--either via a desktop client or the API"
    "--from outside of your company's trusted networks, you must add a security token to your password to "
    "log in."
)


class SoapFault(Exception):
    """A fault with Salesforce's code and wording."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Soap:
    """SOAP login of all orgs."""

    orgs: Orgs
    tokens: Tokens
    counters: Counters

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        here = org_at(self.orgs, request)
        body = await request.body()
        try:
            _check_call(request)
            org = self._log_in(host_of(request), body)
        except SoapFault as fault:
            return _reply(_fault(fault), 500, clock(here))
        self.counters.request(org.name, "login")
        now = org.now()
        version = request.path_params["version"]
        return _reply(_result(Credentials(org.name), self.tokens.issue(org.name, now), version), 200, now)

    def _log_in(self, host: str, body: bytes) -> Org:
        fields = _fields(body)
        username, password = fields.get("username", ""), fields.get("password", "")
        name = org_of_username(username)
        known = Credentials(name)
        at_home = host in {LOGIN_HOSTS[0], known.host}
        if not at_home or name not in self.orgs.names() or username.lower() != known.username:
            raise SoapFault("INVALID_LOGIN", _WRONG)
        trusted = fields.get("organizationId", "")[:15] == known.organization_id[:15]
        if password == known.password and not trusted:
            raise SoapFault("LOGIN_MUST_USE_SECURITY_TOKEN", _NEW_PLACE)
        if password not in {known.password, known.password + known.security_token}:
            raise SoapFault("INVALID_LOGIN", _WRONG)
        return self.orgs.get(name)


def _check_call(request: Request) -> None:
    if "soapaction" not in request.headers:
        raise SoapFault("UNKNOWN_EXCEPTION", "SOAPAction HTTP header missing")
    try:
        check_version(request.path_params["version"])
    except ApiError:
        version = request.path_params["version"]
        raise SoapFault("UNSUPPORTED_API_VERSION", f"API version {version} is not supported") from None


def _fields(body: bytes) -> dict[str, str]:
    try:
        # Loopback clients only, and expat bounds the growth of entities itself.
        envelope = ET.fromstring(body)  # noqa: S314
    except ET.ParseError:
        raise SoapFault("UNKNOWN_EXCEPTION", "The request is no well-formed XML") from None
    return {element.tag.rpartition("}")[2]: element.text or "" for element in envelope.iter()}


def _reply(xml: str, status: int, now: datetime) -> Response:
    return Response(xml, status, date_header(now), media_type="text/xml;charset=UTF-8")


def _result(known: Credentials, token: str, version: str) -> str:
    organization = known.organization_id
    server = f"https://{known.host}/services/Soap/u/{version}/{organization[:15]}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><loginResponse><result>'
        f"<metadataServerUrl>{server.replace('/u/', '/m/')}</metadataServerUrl>"
        "<passwordExpired>false</passwordExpired><sandbox>false</sandbox>"
        f"<serverUrl>{server}</serverUrl><sessionId>{token}</sessionId><userId>{known.user_id}</userId>"
        f"<userInfo><organizationId>{organization}</organizationId>"
        f"<organizationName>{known.org}</organizationName>"
        f"<userFullName>Sandbox Administrator</userFullName><userId>{known.user_id}</userId>"
        f"<userName>{known.username}</userName><userTimeZone>GMT</userTimeZone></userInfo>"
        "</result></loginResponse></soapenv:Body></soapenv:Envelope>"
    )


def _fault(fault: SoapFault) -> str:
    code, message = fault.code, escape(fault.message)
    kind = "LoginFault" if "LOGIN" in code else "UnexpectedErrorFault"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:sf="urn:fault.partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
        f'<detail><sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{kind}></detail>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
