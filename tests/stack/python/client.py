"""The official Python SDK as a host: signs in at one server, lists its tools and calls one, twice.

The second time its clock says that the access token has run out. Prints one JSON object.
usage: client.py URL TOOL ARGUMENTS COMMAND...   COMMAND gets the authorization URL and prints the redirect URI reached
"""

import asyncio
import json
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

URL, TOOL, ARGUMENTS, *BROWSER = sys.argv[1:]
REDIRECT_URI = "http://localhost:53918/callback"


class Storage:
    tokens = None
    info = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.info

    async def set_client_info(self, info):
        self.info = info


async def main():
    visits = []

    async def redirect(url):
        done = subprocess.run([*BROWSER, url], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        visits.append(parse_qs(urlsplit(done.stdout.strip()).query))

    async def callback():
        answer = {name: values[0] for name, values in visits[-1].items()}
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    storage = Storage()
    metadata = OAuthClientMetadata(client_name="Python host", redirect_uris=[REDIRECT_URI])
    auth = OAuthClientProvider(URL, metadata, storage, redirect, callback)

    async def call():
        async with httpx2.AsyncClient(auth=auth, timeout=60) as http:
            async with Client(streamable_http_client(URL, http_client=http)) as client:
                tools = await client.list_tools()
                result = await client.call_tool(TOOL, json.loads(ARGUMENTS))
        return [tool.name for tool in tools.tools], "\n".join(part.text for part in result.content if part.type == "text")

    tools, text = await call()
    first = storage.tokens.access_token
    auth.context.token_expiry_time = time.time() - 1
    _, again = await call()
    print(json.dumps({
        "tools": tools,
        "text": text,
        "again": again,
        "visits": len(visits),
        "refreshed": storage.tokens.access_token != first,
    }))


asyncio.run(main())
