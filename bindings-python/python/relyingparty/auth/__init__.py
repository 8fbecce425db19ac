"""Access tokens for the HTTP client of the application: what adds them to its requests to APIs.

================  ==========================================  ==============================================
for               class                                       used as
================  ==========================================  ==============================================
``httpx``         ``relyingparty.auth.httpx.HttpxAuth``       ``auth=`` of a client or a request
``httpx2``        ``relyingparty.auth.httpx2.Httpx2Auth``     ``auth=`` of a client or a request
``requests``      ``relyingparty.auth.requests.RequestsAuth``  ``auth=`` of a session or a request
``aiohttp``       ``relyingparty.auth.aiohttp.AiohttpAuth``   one of the ``middlewares=`` of a client session
================  ==========================================  ==============================================

All obey the same rules (``relyingparty.auth.base``), which are those of ``relyingparty.RelyingParty.call``.
"""
