"""The suite `ledger`."""

from interlock import InterlockError, Record
from text import refusal, spoken, step, valued


def run(kernel, value):
    """What comes of an input."""
    try:
        return valued(lambda: KINDS[value["kind"]](kernel.ledger, value))
    except UnknownKind as error:
        return {"refused": str(error)}


class UnknownKind(Exception):
    """A kind of link that there is none of."""


LINK_KINDS = ("causes", "continues", "branches", "fulfills")


def link_kind(name):
    if name is not None and name not in LINK_KINDS:
        raise UnknownKind(f"link-kind {name} - -")
    return name


def node_of(node):
    links = [Record(kind=link_kind(kind), target=target) for kind, target in node.get("links", [])]
    return Record(
        id=node["id"],
        origin=node["origin"],
        timestamp=node["timestamp"],
        kind=node.get("kind", ""),
        tags=node.get("tags", []),
        links=links,
        payload=bytes.fromhex(node.get("payload", "")),
    )


def proof_text(proof):
    return " ".join(proof[at : at + 32].hex() for at in range(0, len(proof), 32))


def joined(hashes):
    return b"".join(map(bytes.fromhex, hashes))


def node(ledger, value):
    header = ledger.header_of(node_of(value["node"]))
    found = ledger.decode_header(header)
    return {"header": header.hex(), "leaf": found.leaf_hash.hex(), "payload": found.payload_hash.hex()}


def header(ledger, value):
    found = ledger.decode_header(bytes.fromhex(value["header"]))
    node = found.node
    return {
        "id": node.id,
        "origin": node.origin,
        "kind": node.kind,
        "timestamp": node.timestamp,
        "tags": node.tags,
        "links": [[link.kind, link.target] for link in node.links],
        "payload_len": found.payload_len,
        "payload": found.payload_hash.hex(),
        "leaf": found.leaf_hash.hex(),
    }


def said_of(work):
    """What a step gives as a text, `-` for nothing."""

    def text():
        found = work()
        return "-" if found is None else str(found)

    try:
        return spoken(text)
    except UnknownKind as error:
        return f"refused {error}"


def query_of(query):
    fields = "origin kind tag since until links_to links_from".split()
    return Record(
        **{name: query.get(name) for name in fields},
        link_kind=link_kind(query.get("link_kind")),
        offset=query.get("offset", 0),
        limit=query.get("limit", 2**64 - 1),
    )


def trace_ledger(interface, value):
    ledger = interface.TraceLedger(0)

    def append_many(nodes):
        appended = ledger.append_many(list(map(node_of, nodes)))
        if appended.refused is None:
            return appended.nodes
        return f"{appended.nodes} refused {refusal(InterlockError(appended.refused, ''))}"

    def get(index):
        found = ledger.header(index)
        return None if found is None else found.hex()

    does = {
        "append": lambda node: ledger.append(node_of(node)),
        "append-many": append_many,
        "query": lambda query: " ".join(map(str, ledger.query(query_of(query)))),
        "find": ledger.find,
        "get": get,
        "last-timestamp": ledger.last_timestamp,
        "root": lambda _: ledger.root().hex(),
        "root-at": lambda size: ledger.root_at(size).hex(),
        "inclusion-proof": lambda what: proof_text(ledger.inclusion_proof(*what)),
        "consistency-proof": lambda what: proof_text(ledger.consistency_proof(*what)),
        "tile": lambda path: ledger.tile(path).hex(),
    }
    said = []
    for item in value["steps"]:
        name, what = step(item)
        said.append(said_of(lambda: does[name](what)))
    return {"steps": said, "nodes": ledger.len()}


def inclusion(ledger, value):
    leaf, root = bytes.fromhex(value["leaf"]), bytes.fromhex(value["root"])
    ledger.verify_inclusion(leaf, value["index"], value["size"], joined(value["proof"]), root)
    return "verified"


def consistency(ledger, value):
    first, second = bytes.fromhex(value["first_root"]), bytes.fromhex(value["second_root"])
    ledger.verify_consistency(value["first"], first, value["second"], second, joined(value["proof"]))
    return "verified"


def checkpoint(ledger, value):
    extensions, root = value["extensions"], bytes.fromhex(value["root"])
    point = Record(origin=value["origin"], size=value["size"], root=root, extensions=extensions)
    return ledger.sign_checkpoint(point, value["keys"])


def open_checkpoint(ledger, value):
    found = ledger.open_checkpoint(value["note"].encode(), value["origin"], value["keys"])
    return {"size": found.size, "root": found.root.hex(), "extensions": found.extensions}


def write_file(interface, value):
    file = interface.FileWriter.create(bytes.fromhex(value["id"]))
    written = bytearray()

    def sync(_):
        written.extend(file.take_waiting())
        file.synced()
        return len(written)

    does = {"append": lambda node: file.append(node_of(node)).hex(), "sync": sync}
    said = []
    for item in value["steps"]:
        name, what = step(item)
        said.append(said_of(lambda: does[name](what)))
    return {"steps": said, "bytes": written.hex()}


def read_file(interface, value):
    data, piece = bytes.fromhex(value["bytes"]), max(value["piece"], 1)
    reader = interface.FileReader(1)
    for at in range(0, len(data), piece):
        reader.feed(data[at : at + piece])
    found = reader.finish()
    return {
        "id": None if found.id is None else found.id.hex(),
        "len": found.len,
        "torn": found.torn,
        "nodes": [found.ledger.get(index).id for index in range(found.ledger.len())],
        "root": found.ledger.root().hex(),
    }


KINDS = {
    "node": node,
    "header": header,
    "ledger": trace_ledger,
    "inclusion": inclusion,
    "consistency": consistency,
    "checkpoint": checkpoint,
    "open": open_checkpoint,
    "key": lambda ledger, value: ledger.public_key(value["key"]),
    "tiles": lambda ledger, value: [spoken(lambda: ledger.tile_path(path)) for path in value["paths"]],
    "new-tiles": lambda ledger, value: ledger.new_tiles(value["from"], value["to"]),
    "write-file": write_file,
    "read-file": read_file,
}
