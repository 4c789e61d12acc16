"""An editor made of pygls, a client library of the language server protocol: it opens the file that
the second argument names in the server that the first one names, and prints what it is told."""

import asyncio
import json
import pathlib
import sys

from lsprotocol import types
from pygls.lsp.client import LanguageClient


async def main(server: str, path: str) -> None:
    client = LanguageClient("editor", "1")
    told = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def diagnostics(params: types.PublishDiagnosticsParams) -> None:
        told.put_nowait(params)

    file = pathlib.Path(path)
    uri = file.as_uri()
    document = types.TextDocumentIdentifier(uri=uri)
    await client.start_io(server, "lsp")
    started = await client.initialize_async(
        types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=file.parent.as_uri())
    )
    client.initialized(types.InitializedParams())
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            types.TextDocumentItem(uri=uri, language_id="yaml", version=1, text=file.read_text())
        )
    )
    first = await told.get()
    place = first.diagnostics[0].range
    hover = await client.text_document_hover_async(types.HoverParams(document, place.start))
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(document, place, types.CodeActionContext(first.diagnostics))
    )
    links = await client.text_document_document_link_async(types.DocumentLinkParams(document))
    meta = types.DefinitionParams(document, links[0].range.start)
    places = await client.text_document_definition_async(meta)
    edit = actions[0].edit.changes[uri][0]
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=uri, version=2),
            [types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)],
        )
    )
    second = await told.get()
    while second.version != 2:
        second = await told.get()
    await client.shutdown_async(None)
    client.exit(None)
    print(
        json.dumps(
            {
                "server": started.server_info.name,
                "first": [diagnostic.code for diagnostic in first.diagnostics],
                "hover": hover.contents.value,
                "actions": [action.kind for action in actions],
                "link": links[0].target,
                "definition": places[0].range.start.line,
                "second": [diagnostic.code for diagnostic in second.diagnostics],
            }
        )
    )


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
