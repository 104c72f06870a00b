"""What a whole exchange left behind, as read for the checker: every centre, every terminal, what was
sent, and what does not hold."""

import base64
import collections
import json
import pathlib
import sqlite3
import tomllib

from stored_objects import StoredObjects


class Findings:
    """What does not hold, by what it means: lost, twice, unaccounted, or broken."""

    def __init__(self):
        self.lines = []

    def add(self, meaning, text):
        self.lines.append((meaning, text))

    def expect(self, holds, meaning, text):
        if not holds:
            self.add(meaning, text)

    def count(self, meaning):
        return sum(kind == meaning for kind, _ in self.lines)


class Place:
    """One party's data folder, as read."""

    def __init__(self, folder, database, tables):
        self.folder = folder
        self.objects = None  # read when one is asked for
        connection = sqlite3.connect(f"file:{folder / 'data' / database}?mode=ro", uri=True,
                                     timeout=30)
        connection.row_factory = sqlite3.Row
        with connection:  # one snapshot of all tables
            connection.execute("BEGIN")
            for table in tables:
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()
                setattr(self, table, [dict(row) for row in rows])
        self.sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        self.foreign = connection.execute("PRAGMA foreign_key_check").fetchall()
        connection.close()
        for row in self.evidence:
            row["bytes"] = base64.b64decode(row["cms"]) if row["cms"] else b""

    def object(self, name):
        if self.objects is None:
            self.objects = StoredObjects(self.folder / "data/objects")
        return self.objects.find(name)

    def evidence_of(self, row, kinds):
        return [e for e in self.by_message[(row["sender"], row["message_id"])] if e["kind"] in kinds]

    def index(self):
        self.by_message = collections.defaultdict(list)
        for row in self.evidence:
            self.by_message[(row["sender"], row["message_id"])].append(row)


class Centre(Place):
    """What a centre has in custody: it accepted (A.1) or took over (B.1) each of its packages."""

    def __init__(self, config):
        super().__init__(config.parent, "exchange.db", ["submissions", "packages", "recipients",
                                                        "evidence", "news", "journal"])
        self.code = tomllib.loads(config.read_text())["centre"]
        self.by_key = {(p["sender"], p["message_id"]): p for p in self.packages}
        self.of_package = collections.defaultdict(list)
        for row in self.recipients:
            self.of_package[row["package_id"]].append(row)

    def own(self, kind):
        """What it stated itself, of that kind, and what counts of it."""
        return [e for e in self.evidence if e["kind"] == kind and not e["superseded"] and
                json.loads(e["statement"])["actor"].get("centre") == self.code]

    def accepts_by(self, package):
        return "B.1" if package["from_centre"] else "A.1"


class History:
    def __init__(self, lab):
        self.lab = pathlib.Path(lab)
        self.findings = Findings()
        self.centres = [Centre(config) for config in sorted(self.lab.glob("*/exchange.toml"))]
        self.terminals = {}
        for config in sorted(self.lab.glob("*/terminal.toml")):
            agency = tomllib.loads(config.read_text())["agency"]
            self.terminals[agency] = Place(
                config.parent, "terminal.db",
                ["sendings", "outgoing_packages", "outgoing_recipients", "mails", "mail_parts",
                 "evidence", "hand_ins"])
        for place in self.places():
            place.index()
        self.sent = self.lines("sent.jsonl")
        self.acknowledged = self.lines("acknowledged.jsonl")
        # By message: the centre of its sender, and the package there.
        self.homes = {key: (centre, package) for centre in self.centres
                      for key, package in centre.by_key.items() if not package["from_centre"]}
        self.pending = 0

    def lines(self, name):
        file = self.lab / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def places(self):
        return [*self.centres, *self.terminals.values()]

    def next_of(self, key, recipient):
        """The centre to which it was relayed, where that one has the package."""
        return next((c for c in self.centres if c.code == recipient["next_centre"] and
                     key in c.by_key), None)

    def in_custody(self):
        """Every recipient at the centre that has it: centre, message, package, row."""
        for centre in self.centres:
            for key, package in centre.by_key.items():
                for row in centre.of_package[package["id"]]:
                    if row["state"] != "relayed":
                        yield centre, key, package, row
